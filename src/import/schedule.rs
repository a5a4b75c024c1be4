//! Schedules of EventBridge: `rate(5 minutes)`, `cron(0 3 * * ? *)`, `at(2026-01-01T00:00:00)`.

/// When a schedule invokes its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every so many minutes.
    EveryMinutes(u64),
    /// At these minutes of every day, ascending.
    Daily(Vec<u32>),
    /// Once.
    Once,
    /// On some days only; in the words of the template.
    SomeDays(String),
}

const MINUTES_A_DAY: u32 = 24 * 60;

impl Schedule {
    /// The schedule that an expression describes; `None` if it is none.
    pub fn parse(expression: &str) -> Option<Self> {
        let (kind, rest) = expression.trim().split_once('(')?;
        let inner = rest.strip_suffix(')')?.trim();
        match kind.trim() {
            "rate" => rate(inner),
            "cron" => cron(inner),
            "at" => inner.contains('T').then_some(Self::Once),
            _ => None,
        }
    }

    /// The moments within `minutes` minutes of a run that begins at midnight, in minutes from its start.
    pub fn minutes_within(&self, minutes: u64) -> Vec<u64> {
        match self {
            Self::EveryMinutes(every) => {
                (1..=minutes / every).map(|n| n * every).filter(|at| *at < minutes).collect()
            }
            Self::Daily(of_day) => {
                let days = 0..minutes.div_ceil(u64::from(MINUTES_A_DAY));
                let all = days.flat_map(|day| {
                    of_day.iter().map(move |at| day * u64::from(MINUTES_A_DAY) + u64::from(*at))
                });
                all.filter(|at| *at < minutes).collect()
            }
            Self::Once | Self::SomeDays(_) => Vec::new(),
        }
    }
}

fn rate(inner: &str) -> Option<Schedule> {
    let (number, unit) = inner.split_once(char::is_whitespace)?;
    let minutes = match unit.trim() {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    let number: u64 = number.parse().ok().filter(|number| (1..=1_000_000).contains(number))?;
    Some(Schedule::EveryMinutes(number * minutes))
}

/// Minutes, hours, day of month, month, day of week, year.
fn cron(inner: &str) -> Option<Schedule> {
    let fields: Vec<&str> = inner.split_whitespace().collect();
    let [minutes, hours, days @ ..] = fields.as_slice() else { return None };
    if days.len() != 4 {
        return None;
    }
    let (minutes, hours) = (numbers(minutes, 59)?, numbers(hours, 23)?);
    if days.iter().any(|field| !matches!(*field, "*" | "?")) {
        return Some(Schedule::SomeDays(inner.to_owned()));
    }
    let all = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute));
    Some(Schedule::Daily(all.collect()))
}

/// The numbers up to `largest` that a field of a cron expression names: `*`, `5`, `1-5`, `0/15`, `*/15`, `1,2,3`.
fn numbers(field: &str, largest: u32) -> Option<Vec<u32>> {
    let mut named = vec![false; largest as usize + 1];
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*" | "?", _) => (0, largest),
            (_, Some((first, last))) => (first.parse().ok()?, last.parse().ok()?),
            (number, None) => {
                let number = number.parse().ok()?;
                (number, if part.contains('/') { largest } else { number })
            }
        };
        if first > last || last > largest {
            return None;
        }
        (first..=last).step_by(step).for_each(|number| named[number as usize] = true);
    }
    Some((0..=largest).filter(|number| named[*number as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_say_when() {
        let cases = [
            ("rate(5 minutes)", Some(Schedule::EveryMinutes(5))),
            ("rate(1 hour)", Some(Schedule::EveryMinutes(60))),
            ("rate(2 days)", Some(Schedule::EveryMinutes(2_880))),
            ("cron(0 3 * * ? *)", Some(Schedule::Daily(vec![180]))),
            ("cron(0/30 8-9 ? * * *)", Some(Schedule::Daily(vec![480, 510, 540, 570]))),
            ("cron(15,45 */12 * * ? *)", Some(Schedule::Daily(vec![15, 45, 735, 765]))),
            ("cron(0 3 ? * MON-FRI *)", Some(Schedule::SomeDays("0 3 ? * MON-FRI *".to_owned()))),
            ("at(2026-03-01T00:00:00)", Some(Schedule::Once)),
            ("rate(0 minutes)", None),
            ("rate(5 fortnights)", None),
            ("cron(61 3 * * ? *)", None),
            ("cron(* * *)", None),
            ("cron(5-1 * * * ? *)", None),
            ("every day", None),
            ("", None),
        ];
        for (expression, expected) in cases {
            assert_eq!(Schedule::parse(expression), expected, "{expression}");
        }
    }

    #[test]
    fn moments_count_from_midnight_and_a_rate_from_its_first_interval() {
        assert_eq!(Schedule::EveryMinutes(20).minutes_within(60), [20, 40]);
        assert_eq!(Schedule::Daily(vec![10, 70]).minutes_within(60), [10]);
        assert_eq!(Schedule::Daily(vec![10]).minutes_within(2_900), [10, 1_450, 2_890]);
        assert_eq!(Schedule::Once.minutes_within(60), Vec::<u64>::new());
    }
}
