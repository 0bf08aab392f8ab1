//! motet
