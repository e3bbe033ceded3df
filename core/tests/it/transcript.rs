//! Every path of a booking as a story with its complete output; `UPDATE_EXPECT=1` writes the output anew.

mod search;

mod wait;

mod away;

mod ending;

mod offer;

mod missed;

mod line;

mod topics;

mod session;

mod messages;

mod notes;

mod clock;

mod removal;

mod company;

mod restart;
