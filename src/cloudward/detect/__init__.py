"""Events in, alerts out: Sigma rules, sequences and behaviour over what happened."""

from cloudward.detect.detection import Correlation, Detection
from cloudward.detect.detections import Detections
from cloudward.detect.load import load

__all__ = ["Correlation", "Detection", "Detections", "load"]
