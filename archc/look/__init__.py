"""Pictures of a net at work: feature maps of an image, filters, and gradient norms."""
