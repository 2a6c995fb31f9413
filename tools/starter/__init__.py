"""Makes the model that ships with the project: ``python -m tools.starter --help`` and docs/starter-model.md."""
