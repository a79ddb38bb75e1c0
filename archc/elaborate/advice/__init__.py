"""What is reported of mistakes: nearest words, what was meant, fixes. A right source runs none of it."""
