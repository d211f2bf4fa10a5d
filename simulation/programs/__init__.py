"""Programs that take other values: `build` makes one, `open_program` opens it without Brian2."""
