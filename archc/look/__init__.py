"""Pictures of a net at work: what its layers give for an image, what they look for, where gradients vanish."""
