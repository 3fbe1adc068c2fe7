"""Risk measures as pure functions of arrays: losses positive, no frames, no I/O."""
