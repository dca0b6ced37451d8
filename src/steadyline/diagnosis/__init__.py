"""What went wrong in a call, in plain words, with the evidence: rules over the journal and the recording. Pure."""
