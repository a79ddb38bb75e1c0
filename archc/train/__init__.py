"""From a module and a recipe to a trained network: data, augmentation, loss, optimiser, schedule, loop, checkpoints."""
