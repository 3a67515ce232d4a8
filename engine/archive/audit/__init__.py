"""An archive held against a rule pack: facts are gathered here, judged in `engine.rules.cases`."""
