"""What leaves the house: letters by SMTP, webhooks, and what is told because its day has come."""
