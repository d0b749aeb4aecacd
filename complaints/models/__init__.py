from complaints.models.limits import Limit
from complaints.models.order import Order, OrderCounter
from complaints.models.records import Callback, OrderExtension, OrderFile, OrderRound, Visit

__all__ = ["Callback", "Limit", "Order", "OrderCounter", "OrderExtension", "OrderFile", "OrderRound", "Visit"]
