"""Training: what makes the artefacts that the rest of analytics evaluates. May use scikit-learn."""
