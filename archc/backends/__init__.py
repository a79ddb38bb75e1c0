"""What a graph becomes: one folder a target, each with its one table of how a layer is written there."""
