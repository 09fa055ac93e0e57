"""Users, memberships, invitations and what each role may do."""
