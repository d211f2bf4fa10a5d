"""How equation text is read: expressions, statements and conditions as trees, their derivatives."""
