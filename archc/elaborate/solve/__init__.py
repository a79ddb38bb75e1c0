"""What the holes of a net may be: an exact search, entered only where a net has holes."""
