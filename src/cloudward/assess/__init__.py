"""Policies x resources -> assessments, and the secure score over them."""
