"""What a language model writes, made ready to be spoken: clauses and speakable words."""
