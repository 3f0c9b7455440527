//! The crontab as a table and its tick loop
