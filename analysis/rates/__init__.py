"""F-I curves: closed forms, onsets, fits."""
