//! A log of too many lines is cut in the middle: its head is kept as it comes, its tail until the end is known.

use std::collections::VecDeque;

use entities::Timestamp;
use entities::execution_log::Stream;

use super::logs::NewLine;

/// What becomes of the lines of one attempt.
#[derive(Debug)]
pub struct LogCut {
    head_left: usize,
    tail_max: usize,
    tail: VecDeque<NewLine>,
    dropped: u64,
    /// When the first line was dropped.
    since: Option<Timestamp>,
}

impl LogCut {
    /// The second half of `lines_max` is the tail's.
    pub fn new(lines_max: u32) -> Self {
        let lines_max = usize::try_from(lines_max).unwrap_or(usize::MAX);
        let tail_max = lines_max / 2;
        Self { head_left: lines_max - tail_max, tail_max, tail: VecDeque::new(), dropped: 0, since: None }
    }

    /// Takes lines in; answers those that are to be written now.
    pub fn take(&mut self, mut lines: Vec<NewLine>) -> Vec<NewLine> {
        let later = lines.split_off(self.head_left.min(lines.len()));
        self.head_left -= lines.len();
        for line in later {
            self.tail.push_back(line);
            if self.tail.len() > self.tail_max {
                let dropped = self.tail.pop_front();
                self.since = self.since.or(dropped.map(|line| line.at));
                self.dropped += 1;
            }
        }
        lines
    }

    /// The end of the log: the mark, if lines are missing, and the tail.
    pub fn end(self) -> Vec<NewLine> {
        let mark = self.since.map(|at| {
            let text = format!("… {} lines are cut out here …", self.dropped);
            NewLine { stream: Stream::System, at, text }
        });
        mark.into_iter().chain(self.tail).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(numbers: std::ops::Range<i64>) -> Vec<NewLine> {
        let line = |number: i64| NewLine { stream: Stream::Stdout, at: Timestamp::from_micros(number), text: number.to_string() };
        numbers.map(line).collect()
    }

    fn texts(lines: &[NewLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let mut cut = LogCut::new(5);
        assert_eq!(texts(&cut.take(lines(0..2))), ["0", "1"]);
        assert_eq!(texts(&cut.take(lines(2..5))), ["2"]);
        assert_eq!(texts(&cut.end()), ["3", "4"]);
    }

    #[test]
    fn of_what_does_not_fit_head_and_tail_are_kept_with_a_mark_where_lines_are_missing() {
        let mut cut = LogCut::new(5);
        assert_eq!(texts(&cut.take(lines(0..7))), ["0", "1", "2"]);
        assert!(cut.take(lines(7..1_000)).is_empty());
        let end = cut.end();
        assert_eq!(texts(&end), ["… 995 lines are cut out here …", "998", "999"]);
        assert_eq!((end[0].stream, end[0].at), (Stream::System, Timestamp::from_micros(3)));
    }

    #[test]
    fn a_log_of_no_lines_says_how_many_there_were() {
        let mut cut = LogCut::new(0);
        assert!(cut.take(lines(0..3)).is_empty());
        assert_eq!(texts(&cut.end()), ["… 3 lines are cut out here …"]);
    }
}
