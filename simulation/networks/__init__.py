"""Former homes of what `plan`, `run` and `memory` hold now."""
