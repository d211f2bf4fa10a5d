"""Models by name: of the zoo, and from files that users write."""

import pytest
from excitable.models import LIF, find_model

FILE = """
from brian2 import Mohm, ms, mV, nA
from excitable import NeuronModel
CELL = NeuronModel(
    name="mine", equations="dv/dt = (E - v + R*I)/tau : volt",
    parameters={"E": -65*mV, "R": 10*Mohm, "tau": 10*ms}, input_unit=nA, initial={"v": "E"},
    threshold="v > -50*mV", reset="v = E")
"""


def test_a_file_with_one_model_needs_no_name(tmp_path):
    path = tmp_path / "my_model.py"
    path.write_text(FILE)
    assert find_model(str(path)).name == "mine"
    assert find_model(f"{path}:CELL").parameters["tau"].value == 10
    assert find_model("LIF") is LIF


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (FILE + "OTHER = CELL.with_(tau=20*ms)\n", "", r"\['CELL', 'OTHER'\]; name one"),
        (FILE, "CELLS", "did you mean 'CELL'"),
        ("x = 1\n", "", "no NeuronModel"),
        ("import nothing_there\n", "", "ModuleNotFoundError"),
    ],
)
def test_files_that_define_no_such_model_are_refused(tmp_path, text, name, message):
    path = tmp_path / "my_model.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        find_model(f"{path}:{name}" if name else str(path))


def test_a_missing_file_is_named():
    with pytest.raises(ValueError, match="no such file"):
        find_model("nowhere.py:CELL")
