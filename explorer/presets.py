"""Presets: one click each. Cells, constants and stimuli come from the toolkit's own studies."""

from dataclasses import dataclass, field

import numpy as np
from brian2 import Hz, cm, ms, msiemens, mV, nA, uA

from ..models.initial import initial_state
from ..models.neuron_model import NeuronModel
from ..models.zoo import CONNOR_STEVENS, HODGKIN_HUXLEY, IZHIKEVICH, LIF, QIF
from ..protocols.firing.izhikevich_patterns import ADJUSTED_2004, CELLS_2003, PATTERNS_2004
from ..protocols.stimuli import Constant, Expression, Pulses, Sine, Step, Stimulus
from .blocks import Special, blocks_of

_DENSITY = uA / cm**2

# The square of a sum of five oscillations: the second current of the first practical on the LIF.
FIVE = Special(
    "five",
    Expression(
        "I_0*(cos(t/(3*ms)) + sin(t/(5*ms)) + cos(t/(7*ms)) + sin(t/(11*ms)) + cos(t/(13*ms)))**2",
        {"I_0": 0.35 * nA},
    ),
)
SPECIALS = (FIVE,)


@dataclass(frozen=True)
class Preset:
    """A view of the page with a cell, its constants and a stimulus.

    Attributes
    ----------
    key : str
        Under ``preset.KEY`` and ``preset.KEY.try`` the table of texts has its name and what to try;
        a name that stands in no other language is given as `name`.
    group : str
    model : NeuronModel
        Must have the text of the cell that is named `cell`.
    cell : str
    stimulus : Stimulus
    duration : Quantity
    start : str
    view : dict
        More of the page's state: the plane, what is compared.
    name : str
    """

    key: str
    group: str
    cell: NeuronModel
    model: NeuronModel
    stimulus: Stimulus
    duration: object
    start: str = "initial"
    view: dict = field(default_factory=dict)
    name: str = ""


def presets() -> list[Preset]:
    """Return all presets of the published models."""
    published = {**PATTERNS_2004, **ADJUSTED_2004}
    return [
        *(_cell_of_2003(name, pattern) for name, pattern in CELLS_2003.items()),
        *(_pattern_of_2004(letter, pattern) for letter, pattern in published.items()),
        _chaos(),
        *_integrate_and_fire(),
        *_conductance_based(),
    ]


def _cell_of_2003(name: str, pattern) -> Preset:
    key = name.replace(", ", "_")
    cell = IZHIKEVICH.variants[name.split(",")[0]]
    title = pattern.model.title.split(": ")[1]
    title += ", rebound" if "rebound" in name else ""
    return Preset(key, "cells", cell, pattern.model, pattern.stimulus, pattern.duration, name=title)


def _pattern_of_2004(letter: str, pattern) -> Preset:
    title = pattern.title
    return Preset(
        letter, "patterns", IZHIKEVICH, pattern.model, pattern.stimulus, pattern.duration,
        view={"change": pattern.change}, name=title,
    )  # fmt: skip


def _chaos() -> Preset:
    """Return the set of constants under which the model is chaotic.

    Of Nobukawa, Nishimura, Yamanishi & Liu 2015, PLoS ONE 10:e0138919.
    """
    per_ms, drift = ms**-1, mV / ms
    model = IZHIKEVICH.with_(a=0.2 * per_ms, b=2 * per_ms, c=-56 * mV, d=-16 * drift)
    return Preset("chaos", "patterns", IZHIKEVICH, model, Constant(-99 * drift), 500 * ms,
                  view={"chaos": True})  # fmt: skip


def _integrate_and_fire() -> list[Preset]:
    cosine = Sine(2.5 * nA, Hz / (2 * np.pi * 0.03), phase=np.pi / 2)
    return [
        Preset("lif_cosine", "if", LIF, LIF, cosine, 600 * ms),
        Preset("lif_five", "if", LIF, LIF, FIVE.stimulus, 1000 * ms),
        Preset("qif_below", "if", QIF, QIF, Constant(-0.5), 300 * ms),
        Preset("qif_above", "if", QIF, QIF, Constant(0.05), 600 * ms),
    ]


def _conductance_based() -> list[Preset]:
    squid, crab = HODGKIN_HUXLEY, CONNOR_STEVENS
    fading = {"plane": "b"}
    no_A = {"g_A": 0.0, "E_L": -67.8}
    return [
        Preset("hh_spike", "conductance", squid, squid,
               Pulses(10 * _DENSITY, times=[20] * ms, width=1 * ms), 100 * ms, "rest"),
        Preset("hh_rebound", "conductance", squid, squid,
               Step(-5 * _DENSITY, onset=20 * ms, offset=70 * ms), 150 * ms, "rest"),
        Preset("hh_block", "conductance", squid, squid,
               Step(160 * _DENSITY, onset=20 * ms), 200 * ms, "rest"),
        Preset("cs_fading", "conductance", crab,
               crab.with_(g_A=24 * msiemens / cm**2), Step(20 * _DENSITY, onset=50 * ms),
               400 * ms, "rest", view=fading),
        Preset("type_1", "conductance", crab, crab, Step(9 * _DENSITY, onset=50 * ms), 500 * ms,
               "rest", view={"pin": {"values": no_A}}),
        Preset("type_2", "conductance", crab,
               crab.with_(g_A=0 * msiemens / cm**2, E_L=-67.8 * mV),
               Step(9 * _DENSITY, onset=50 * ms), 500 * ms, "rest"),
    ]  # fmt: skip


def preset_data(preset: Preset) -> dict:
    """Return a preset as the page has it."""
    cell, model = preset.cell, preset.model
    values = {
        name: p.value for name, p in model.parameters.items()
        if p.value != cell.parameters[name].value
    }  # fmt: skip
    found = {
        "key": preset.key,
        "group": preset.group,
        "name": preset.name,
        "cell": cell.name,
        "values": values,
        "blocks": blocks_of(preset.stimulus, model.input_unit, SPECIALS),
        "duration": float(f"{float(preset.duration / ms):.12g}"),
        "start": preset.start,
        **preset.view,
    }
    if preset.start == "initial":
        found["first"] = _changed_start(cell, model)
    return found


def _changed_start(cell: NeuronModel, model: NeuronModel) -> dict:
    """Return where a model starts elsewhere than its cell would, with the model's constants."""
    own = initial_state(model, {})
    usual = initial_state(cell, model.values)
    return {
        x: float(f"{float(own[x]) / float(model.unit_of(x)):.12g}")
        for x in model.system.rhs
        if float(own[x]) != float(usual[x])
    }
