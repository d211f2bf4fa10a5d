"""How far a run's own spikes have opened the synapses of its cells: looked at after the run.

One spike is looked at before (see `Inputs.check`), but many at once open a conductance further than
any of them, and how many come at once only the run tells. The population rates that it keeps say
what the conductance was in the mean over the targets.
"""

import numpy as np

from ...simulation.plan import Plan, Projection
from ...simulation.recording import Recording
from ...simulation.resolution import check_opened


def check_openings(plan: Plan, result: Recording, named, inputs, labels) -> None:
    """Raise UnresolvedError if the step could not follow the cells when synapses were most open.

    Parameters
    ----------
    plan : Plan
    result : Recording
    named : dict of str to Projection
        As they were given, by their names in the plan.
    inputs : dict of str to Inputs
        Of each group of cells.
    labels : dict of str to str
        Of each projection.
    """
    opened: dict[tuple, np.ndarray] = {}
    for planned in plan.projections:
        given = named[planned.name]
        # Of listed pairs the mean says little; drawn delays scatter what arrives.
        alike = given.p is not None or given.in_degree is not None
        if given.is_gap or given.synapse.form != "conductance" or not alike:
            continue
        if any(pathway.drawn for pathway in planned.pathways.values()):
            continue
        model = inputs[planned.target.cells].model
        (shown, *_) = given.synapse.states(model, labels[planned.name])
        weight = float(np.mean(given.strengths(model)))
        jumps = weight * planned.expected / planned.source.n / planned.target.n
        course = _course(given.synapse, jumps * _arriving(plan, result, planned), float(plan.dt))
        key = (planned.target, shown)
        opened[key] = opened.get(key, 0.0) + course
    texts = {cells.name: cells for cells in plan.cells}
    for (target, shown), course in opened.items():
        cells = texts[target.cells]
        begin = {**cells.state, **dict.fromkeys(inputs[target.cells].received, 0.0)}
        model = inputs[target.cells].model
        check_opened(model, cells.text, begin, {shown: float(np.max(course))})


def _arriving(plan: Plan, result: Recording, planned: Projection) -> np.ndarray:
    """Return how many spikes of the sources arrive in each step."""
    source, step = planned.source, float(plan.dt)
    parts = [
        result.rates[q.name] * (q.n * step)
        for q in plan.populations
        if q.cells == source.cells and source.start <= q.start and q.stop <= source.stop
    ]
    late = round(planned.pathways["pre"].delay / step)
    sent = np.sum(parts, axis=0)
    return np.concatenate([np.zeros(late), sent])[: len(sent)]


def _course(synapse, jumps: np.ndarray, dt: float) -> np.ndarray:
    """Return the conductance in each step, of what is added to it (or to its rise) there."""
    from scipy.signal import lfilter  # slow to import, and few networks need it

    kept = np.exp(-dt / float(synapse.tau))
    if synapse.kind == "alpha":
        return lfilter([0, np.e * dt / float(synapse.tau) * kept], [1, -2 * kept, kept**2], jumps)
    return lfilter([1], [1, -kept], jumps)
