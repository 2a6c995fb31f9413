"""Cut-out hands rendered from a body model; docs/starter-model.md says how, and what it needs."""
