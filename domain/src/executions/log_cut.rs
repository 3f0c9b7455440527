//! A log of too many lines is cut in the middle: its head stays, and of what comes after it the latest lines.

use std::ops::Range;

use super::logs::NewLine;

/// What becomes of the lines of one attempt. They are written as they come; once they are too many, the oldest of the tail make room.
#[derive(Debug)]
pub struct LogCut {
    head_max: i64,
    tail_max: i64,
    /// The numbers that the attempt's lines have been given.
    written: Option<Range<i64>>,
    /// Lines that were never written, since they would have been cut out at once.
    shed: u64,
}

/// Lines to be cut out of a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first of them, whose place the mark takes.
    pub mark: i64,
    /// The first line after them.
    pub tail: i64,
    /// How many lines are missing there in all.
    pub lines: u64,
}

impl LogCut {
    /// The second half of `lines_max` is the tail's.
    pub fn new(lines_max: u32) -> Self {
        let (lines_max, tail_max) = (i64::from(lines_max), i64::from(lines_max / 2));
        Self { head_max: lines_max - tail_max, tail_max, written: None, shed: 0 }
    }

    /// Whether each line that is kept costs another one its place.
    pub fn is_full(&self) -> bool {
        self.count() >= self.head_max + self.tail_max
    }

    /// Of lines that wait to be written in a full log, leaves those out that others behind them would push out. One is always left: the mark
    /// takes the place of a line.
    pub fn shed(&mut self, waiting: &mut Vec<NewLine>) {
        let kept = usize::try_from(self.tail_max).unwrap_or(usize::MAX).max(1);
        let shed = waiting.len().saturating_sub(kept);
        waiting.drain(..shed);
        self.shed += shed as u64;
    }

    /// Lines were written under these numbers.
    pub fn wrote(&mut self, numbers: &Range<i64>) {
        let first = self.written.as_ref().map_or(numbers.start, |written| written.start);
        self.written = Some(first..numbers.end);
    }

    /// What is to be cut out now.
    pub fn gap(&self) -> Option<Gap> {
        let written = self.written.as_ref()?;
        let (mark, tail) = (written.start + self.head_max, written.end - self.tail_max);
        let lines = u64::try_from(tail - mark).ok().filter(|lines| *lines > 0)?;
        Some(Gap { mark, tail, lines: lines + self.shed })
    }

    fn count(&self) -> i64 {
        self.written.as_ref().map_or(0, |written| written.end - written.start)
    }
}

#[cfg(test)]
mod tests {
    use entities::Timestamp;
    use entities::execution_log::Stream;

    use super::*;

    fn lines(number: i64) -> Vec<NewLine> {
        let line = |number: i64| NewLine { stream: Stream::Stdout, at: Timestamp::from_micros(number), text: number.to_string() };
        (0..number).map(line).collect()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let mut cut = LogCut::new(5);
        assert_eq!(cut.gap(), None);
        cut.wrote(&(8..10));
        assert!(!cut.is_full());
        cut.wrote(&(10..13));
        assert!(cut.is_full());
        assert_eq!(cut.gap(), None);
    }

    #[test]
    fn of_what_does_not_fit_head_and_tail_are_kept_with_a_mark_where_lines_are_missing() {
        let mut cut = LogCut::new(5);
        cut.wrote(&(1..8));
        assert_eq!(cut.gap(), Some(Gap { mark: 4, tail: 6, lines: 2 }), "1 to 3, the mark, 6 and 7");
        let mut waiting = lines(100);
        cut.shed(&mut waiting);
        assert_eq!(waiting.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["98", "99"]);
        cut.wrote(&(8..10));
        assert_eq!(cut.gap(), Some(Gap { mark: 4, tail: 8, lines: 102 }), "107 lines in all, five of them kept");
    }

    #[test]
    fn a_log_of_no_lines_says_how_many_there_were() {
        let mut cut = LogCut::new(0);
        assert!(cut.is_full());
        let mut waiting = lines(3);
        cut.shed(&mut waiting);
        assert_eq!(waiting.len(), 1);
        cut.wrote(&(1..2));
        assert_eq!(cut.gap(), Some(Gap { mark: 1, tail: 2, lines: 3 }));
    }
}
