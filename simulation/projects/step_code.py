"""The code of a step that Brian2 has generated, for any number of cells that a caller holds."""

import re
import shutil
from pathlib import Path

import brian2
import numpy as np

from ...errors import UnknownCodeError
from ..methods.within_step import SINCE

# So many cells the sources are generated for; it tells arrays of all cells from single numbers.
CELLS = 48
# The cells that the code works on at present; no name of a model begins so.
CURRENT = "_current_cells"
_USE = "using namespace brian;"
_BRIANLIB = ("common_math.h", "stdint_compat.h")
_CLOCK = ("cells_clock_dt", "cells_clock_t", "cells_clock_timestep")


class StepCode:
    """What Brian2 has generated for `CELLS` cells, made into code for any set of cells.

    Parameters
    ----------
    raw : Path
        Sources of a program, of which this takes the code of a step.
    library : str
        What all names begin with that a linker sees: several libraries may be in one program.
    """

    def __init__(self, raw: Path, library: str):
        self.raw, self.library = raw, library
        self.cells = f"{library}_cells"
        self.main = (raw / "main.cpp").read_text()
        self.objects = re.findall(r"network\.add\(&cells_clock, _run_(\w+)\);", self.main)
        self.texts = {name: self._object(name) for name in self.objects}
        self.texts["starting_state"] = (raw / "code_objects" / "starting_state.cpp").read_text()
        self.equations = (raw / "model_equations.h").read_text()
        self.arrays = self._arrays()
        self.tables = self._tables()

    def _object(self, name: str) -> str:
        """Return an object's code for any number of cells."""
        text = (self.raw / "code_objects" / f"{name}.cpp").read_text()
        text = re.sub(r'#include "code_objects/.*"\n', "", text)
        text = re.sub(r"\bconst int _N = .*;", "const int _N = N;", text)
        for size, count in ((CELLS, f"{CURRENT}->n"), (CELLS + 1, f"{CURRENT}->n + 1")):
            text = re.sub(rf"\b(const \w+ (?:N|_num\w+)) = {size};", rf"\1 = {count};", text)
        local = f"{_USE}\n    {self.cells}* const {CURRENT} = brian::{CURRENT};"
        if text.count(_USE) != 1 or "int64_t N = " not in text:
            raise UnknownCodeError(
                f"a library cannot be made with Brian2 {brian2.__version__}, whose code of {name} "
                "is not known here"
            )
        text = text.replace(_USE, local)
        return text

    def _arrays(self) -> dict[str, tuple[str, int]]:
        """Return type and size of each array in the code, by its name without ``_array_``."""
        header = (self.raw / "objects.h").read_text()
        source = (self.raw / "objects.cpp").read_text()
        types = {
            name: kind for kind, name in re.findall(r"extern (\w+) ?\* ?_array_(\w+);", header)
        }
        sizes = dict(re.findall(r"const int _num__array_(\w+) = (\d+);", source))
        code = "\n".join([*self.texts.values(), self.equations])
        used = {*re.findall(r"\b_array_(\w+)\b", code), *_CLOCK}
        missing = sorted(used - set(types) | used - set(sizes))
        if missing:
            raise UnknownCodeError(
                f"a library cannot be made with Brian2 {brian2.__version__}: its arrays "
                f"{missing} are not known here"
            )
        return {name: (types[name], int(sizes[name])) for name in sorted(used)}

    def _tables(self) -> dict[str, np.ndarray]:
        """Return the samples of the timed arrays that the code reads, by their names in it."""
        read = set(re.findall(r"\w+", "\n".join(self.texts.values())))
        files = sorted((self.raw / "static_arrays").iterdir())
        return {file.name: np.fromfile(file) for file in files if file.name in read}

    def write(self, folder: Path) -> None:
        """Write the code and what it includes into a new folder."""
        for name in ("code_objects", "brianlib"):
            (folder / name).mkdir(parents=True)
        for name, text in self.texts.items():
            (folder / "code_objects" / f"{name}.cpp").write_text(text)
        if self.tables:
            (folder / "tables.cpp").write_text(self.samples())
        (folder / "model_equations.h").write_text(self.equations)
        (folder / "objects.h").write_text(self.header())
        shutil.copy(self.raw / "starting_state.h", folder)
        for name in _BRIANLIB:
            shutil.copy(self.raw / "brianlib" / name, folder / "brianlib")

    def header(self) -> str:
        """Return the header that stands for Brian2's memory, clock and network."""
        own = [f"_run_{name}" for name in self.objects]
        return "\n".join(
            [
                "// The variables of one set of cells, under the names that the code of a step has",
                "// for them, and the step.",
                "#pragma once",
                *(
                    f"#define {name} {self.own(name)}"
                    for name in ("brian", "start_cells", "rest_is_known", *own, *self.tables)
                ),
                "#include <cmath>",
                "#include <vector>",
                '#include "arrays.h"',
                '#include "brianlib/stdint_compat.h"',
                '#include "random_numbers.h"',
                "",
                *self.struct(),
                "",
                f"namespace brian {{ extern thread_local {self.cells}* {CURRENT}; }}",
                f"namespace excitable {{ using brian::{CURRENT}; }}",
                f"#define random_numbers {CURRENT}->random",
                *(f"#define _array_{name} {CURRENT}->{name}.at" for name in self.arrays),
                *(f"#define _num__array_{name} {CURRENT}->n" for name in self.counted()),
                "",
                *(f"extern double {name}[];" for name in self.tables),
                *(f"void {name}();" for name in own),
                "static inline void run_objects()",
                "{",
                *(f"    {name}();" for name in own),
                "}\n",
            ]
        )

    def samples(self) -> str:
        """Return the source that holds the samples of the model's timed arrays."""
        lines = [
            f"double {self.own(name)}[] = {{{', '.join(map(repr, samples.tolist()))}}};"
            for name, samples in self.tables.items()
        ]
        return "\n".join(["// The samples of the model's timed arrays.", *lines, ""])

    def own(self, name: str) -> str:
        """Return what a linker sees for a name of the code."""
        return f"{self.library}_{name.lstrip('_')}"

    def struct(self) -> list[str]:
        """Return the variables, and what the interface asks of them."""
        fires = "cells__spikespace" in self.arrays
        count, spiking = (f"cells__spikespace.at[{k}]" if fires else "0" for k in "nj")
        located = f"cells_{SINCE}" in self.arrays
        since = f" + cells_clock_dt.at[0] - cells_{SINCE}.at[k]" if located else ""
        return [
            f"struct {self.cells}",
            "{",
            "    int n;",
            "    bool checked;  // whether the parameters obey the rules",
            "    std::vector<excitable::RandomNumbers> random;",
            "    std::vector<double> last_spike;",
            *(f"    Array<{kind}> {name};" for name, (kind, _) in self.arrays.items()),
            "",
            "    void allocate(int cells, double step)",
            "    {",
            "        n = cells;",
            "        checked = false;",
            f"        random.resize({int('::random_numbers' in ''.join(self.texts.values()))});",
            "        last_spike.assign(n, NAN);",
            *(
                f"        {name}.assign({self.size(name)}, {self.beginning(name)});"
                for name in self.arrays
            ),
            *(
                ["        for (int k = 0; k < n; k++) cells_i.at[k] = k;"]
                if "cells_i" in self.arrays
                else []
            ),
            "        cells_clock_dt.at[0] = step;",
            "    }",
            "    double step() const { return cells_clock_dt.at[0]; }",
            "    double time() const { return cells_clock_t.at[0]; }",
            "    void tick()",
            "    {",
            "        cells_clock_timestep.at[0] += 1;",
            "        cells_clock_t.at[0] = cells_clock_timestep.at[0]*cells_clock_dt.at[0];",
            "    }",
            f"    int spikes() const {{ return {count}; }}",
            f"    int spiking(int j) const {{ return {spiking}; }}",
            f"    double spike_time(int k) const {{ return time(){since}; }}",
            "};",
        ]

    def counted(self) -> list[str]:
        """Return the arrays whose size is asked for, to learn how many cells there are."""
        return re.findall(r"\b_num__array_(\w+)\b", self.equations)

    def size(self, name: str) -> str:
        """Return an array's size as C++."""
        size = self.arrays[name][1]
        return {CELLS: "n", CELLS + 1: "n + 1"}.get(size, str(size))

    def beginning(self, name: str) -> str:
        """Return what an array holds at time 0, as Brian2 sets it: when a cell fired last, ..."""
        constant = rf"\b_array_{name}\[(?:0|i)\] = ([\w. +-]+);"
        found = re.findall(constant, self.main)
        return found[-1] if found and name not in _CLOCK else "0"
