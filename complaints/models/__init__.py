from complaints.models.clusters import Cluster, ClusterNotice, ClusterWarning
from complaints.models.counting import Counting
from complaints.models.limits import Limit
from complaints.models.order import Order, OrderCounter
from complaints.models.records import Callback, OrderExtension, OrderFile, OrderRound, SendBack, Visit

__all__ = [
    "Callback", "Cluster", "ClusterNotice", "ClusterWarning", "Counting", "Limit", "Order", "OrderCounter",
    "OrderExtension", "OrderFile", "OrderRound", "SendBack", "Visit",
]  # fmt: skip
