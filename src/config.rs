//! What must be said before the store opens.
