"""The attribution maps of the course under their first name; see core.interpret.attribution."""

from core.interpret.attribution import course_heatmap, grad_cam, gradient_relevance, rollout

__all__ = ["course_heatmap", "grad_cam", "gradient_relevance", "rollout"]
