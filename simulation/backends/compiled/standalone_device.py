"""Brian2's standalone device, with what it lets one change: by its own ways, not in its output.

Its programs take their numbers when they start, say when they are done, and end with whoever
started them. For speed, random numbers come from buffers and whole steps are counted in doubles.
"""

import brian2
from brian2.codegen.codeobject import constant_or_scalar
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject, openmp_pragma
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from ....errors import UnknownCodeError

HIDDEN = 'asm("" : "+r"(_n))'
_FINISHED = (
    'if (!Network::_globally_stopped) std::ofstream(brian::results_dir + "complete") << "yes";'
)


def _hidden_size(name: str, variable) -> str:
    """Hide from the compiler how many neurons a loop has, but for the largest power of two in it.

    It would write a short loop out and round differently in it: the same neuron's last digit
    would depend on how many others run with it.
    """
    if name != "N" or variable.array:
        return constant_or_scalar(name, variable)
    n = int(variable.get_value())
    factor = n & -n
    return f"({{ int _n = {n // factor}; {HIDDEN}; _n * {factor}; }})"


class _Update(CPPStandaloneCodeObject):
    """The integration of a group's equations."""

    templater = CPPStandaloneCodeObject.templater.derive(
        "brian2.devices.cpp_standalone", env_globals={"constant_or_scalar": _hidden_size}
    )


class _QuickCode(CPPStandaloneCodeObject):
    """Code whose random numbers come from buffers that are filled in vectorised loops."""


class _QuickUpdate(_Update, _QuickCode):
    """The integration in which whole steps, those of refractoriness, are doubles.

    Brian2 converts them to 64-bit integers, for which AVX2 has no instruction.
    """


def _drawing(function: str):
    def code(owner):
        thread = openmp_pragma("get_thread_num")
        draw = f"excitable::random_numbers[{thread}].{function}()"
        return {"support_code": f"inline double _{function}(const int) {{ return {draw}; }}"}

    return code


for _function in ("rand", "randn"):
    DEFAULT_FUNCTIONS[_function].implementations.add_dynamic_implementation(
        _QuickCode, code=_drawing(_function), namespace=lambda owner: {}, name=f"_{_function}",
        compiler_kwds={"headers": ['"random_numbers.h"']},
    )  # fmt: skip
DEFAULT_FUNCTIONS["timestep"].implementations.add_implementation(
    _QuickUpdate,
    name="_timestep",
    code="""
static inline double _timestep(double t, double dt)
{
    return std::trunc((t + 1e-3*dt)/dt);
}
""",
)


class ProgramDevice(CPPStandaloneDevice):
    """Generates one program; its clock is called ``cells_clock``.

    Parameters
    ----------
    optimise : bool
        Whether random numbers are buffered and steps counted in doubles.
    """

    def __init__(self, optimise: bool = True):
        super().__init__()
        self.optimise = optimise
        self.insert_code("before_start", "excitable_end_with_parent();")
        self.insert_code("after_end", _FINISHED)
        # At the beginning: connections and weights are drawn from the seed too.
        self.insert_code("main", "excitable_seed(_random_generators);")
        if optimise:
            resize = "excitable::random_numbers.resize(_random_generators.size());"
            self.insert_code("main", f"{resize}\nexcitable_seed(excitable::random_numbers);")

    def code_object_class(self, codeobj_class=None, fallback_pref=None):
        """Return the class of all code that asks for no other."""
        return codeobj_class or (_QuickCode if self.optimise else CPPStandaloneCodeObject)

    def code_object(self, owner, name, abstract_code, variables, template_name, *args, **kwargs):
        """Generate an object's code."""
        if template_name == "stateupdate":
            kwargs["codeobj_class"] = _QuickUpdate if self.optimise else _Update
        return super().code_object(
            owner, name, abstract_code, variables, template_name, *args, **kwargs
        )

    def apply_run_args(self) -> None:
        """Let all numbers be arguments from here on: the time step and the state at time 0 too."""
        step = "_array_cells_clock_dt"
        if step not in self.arrays.values():
            raise UnknownCodeError(f"Brian2 {brian2.__version__} has no {step}")
        self.insert_code("main", f'{step}[0] = excitable_number("EXCITABLE_DT");')
        super().apply_run_args()
        self.insert_code("main", "set_starting_state(args);")

    def network_run(self, net, duration, *args, **kwargs):
        """Generate the run, with arguments."""
        if not self.run_args_applied:
            self.apply_run_args()
        super().network_run(net, duration, *args, **kwargs)

    def build(self, **kwargs):
        """Write the sources; main.cpp alone needs these headers."""
        self.headers += ['"program.h"', *(['"random_numbers.h"'] if self.optimise else [])]
        super().build(**kwargs)
