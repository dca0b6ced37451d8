"""REGISTER and BYE on a bad network: how long calls take to connect, beside what the polling's cadence predicts."""
