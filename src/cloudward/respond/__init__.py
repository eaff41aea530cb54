"""What is made of verdicts for people and programs elsewhere."""
