//! Job kinds, enqueue, claim, renew, finish, the apalis backend and wake-ups
