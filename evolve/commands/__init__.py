"""What the commands do; `evolve.cli` has parsed their arguments."""
