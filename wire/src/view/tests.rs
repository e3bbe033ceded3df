//! The views write the same JSON as serde.

use std::fmt::Debug;

use proptest::prelude::*;
use switchboard_core::{Availability, Level, Skills, Topic, TopicAvailability};

use super::*;
use crate::json::text;

/// Values from which one object of each kind is made.
#[derive(Clone, Debug)]
struct Drawn {
    id: u128,
    number: u32,
    ms: u64,
    name: String,
    text: Option<String>,
    skills: Skills,
}

impl Drawn {
    fn any() -> impl Strategy<Value = Self> {
        let text = || prop_oneof!["[a-z0-9-]{0,40}", any::<String>()];
        let parts = (any::<u128>(), any::<u32>(), any::<u64>(), text(), proptest::option::of(text()));
        parts.prop_map(|(id, number, ms, name, text)| {
            let skill = text.as_ref().and_then(|text: &String| text.parse().ok());
            Self { id, number, ms, name, text, skills: skill.map(|skill| (skill, Level::MOST)).into_iter().collect() }
        })
    }

    fn moment(&self) -> Moment {
        Moment(Time::from_ms(self.ms))
    }

    fn name(&self) -> Text<'_> {
        Cow::Borrowed(&self.name)
    }

    fn text(&self) -> Option<Text<'_>> {
        self.text.as_deref().map(Cow::Borrowed)
    }

    fn note(&self) -> Option<Note<'_>> {
        self.text.as_ref().map(|text| Note(json(text).into()))
    }

    fn session(&self) -> SessionView<'_> {
        SessionView {
            id: SessionId::from_u128(self.id),
            booking_id: BookingId::from_u128(!self.id),
            company_id: self.name(),
            client_id: self.name(),
            client_name: self.text(),
            employee_id: self.name(),
            topic: self.name(),
            started_at: self.moment(),
            ended_at: self.text.is_some().then(|| self.moment()),
            ended_by: self.text(),
            reason: self.text(),
            code: self.text(),
        }
    }

    fn booking(&self) -> BookingView<'_> {
        let session = self.text.is_some().then(|| self.session());
        BookingView {
            id: BookingId::from_u128(self.id),
            company_id: self.name(),
            client_id: self.name(),
            client_name: self.text(),
            topic: self.name(),
            note: self.note(),
            state: self.name(),
            reason: self.text(),
            offers: self.number,
            created_at: self.moment(),
            employee: session.is_some().then(|| NamedEmployee { id: self.name(), name: self.name() }),
            session,
            waiting: self.text.is_some().then(|| self.waiting()),
            priority: self.text.is_some().then_some(10),
            channel: self.text(),
            skills: skills(&self.skills),
            wanted: self.text.is_some().then(|| vec![self.name(), self.name()]),
            only: self.text.is_some().then_some(true),
            waited_ms: self.text.is_some().then_some(self.ms),
            told: self.text.is_some().then(|| ToldView::of(self.number, None)),
        }
    }

    fn waiting(&self) -> WaitingView {
        let (ms, number) = (self.ms, self.number);
        let estimate = (ms % 2 == 0).then_some(EstimateView { from_ms: ms, to_ms: ms });
        let (since, until) = (self.moment(), self.moment());
        WaitingView { since, until, place: number, estimate, on_duty: number as usize, step: 2 }
    }

    fn offer(&self) -> OfferView<'_> {
        OfferView {
            id: OfferId { booking: BookingId::from_u128(self.id), attempt: self.number },
            booking_id: BookingId::from_u128(self.id),
            client_id: &self.name,
            client_name: self.text.as_deref(),
            topic: &self.name,
            note: self.note(),
            attempt: self.number,
            expires_at: self.moment(),
            expires_in_ms: self.ms,
            skills: skills(&self.skills),
            others: self.text.is_some().then_some(self.number as usize),
            channel: self.text.as_deref(),
            waited_ms: self.text.is_some().then_some(self.ms),
            wanted: self.text.is_some().then_some(true),
        }
    }

    fn employee(&self) -> EmployeeView<'_> {
        EmployeeView {
            id: &self.name,
            name: &self.name,
            topics: self.text.iter().map(String::as_str).chain([self.name.as_str()]).collect(),
            status: Status::Init.word(),
            since: self.moment(),
            intent: Intent::Idle.word(),
            skills: skills(&self.skills),
            capacity: self.text.is_some().then_some(7),
            share: self.text.is_some().then_some(100),
            pause: None,
            resting_until: self.text.is_some().then(|| self.moment()),
        }
    }

    fn message(&self) -> MessageView<'_> {
        MessageView {
            id: MessageId::from_u128(self.id),
            from: Party::Client.word().into(),
            body: self.name(),
            at: self.moment(),
        }
    }

    fn availability(&self) -> Availability {
        let here = TopicAvailability { available: true, idle: self.number as usize, waiting: self.text.iter().len() };
        let topics = [Some(&self.name), self.text.as_ref()].into_iter().flatten().filter_map(|t| t.parse().ok());
        Availability {
            available: false,
            idle: 0,
            waiting: self.text.iter().len(),
            topics: topics.map(|topic: Topic| (topic, here)).collect(),
        }
    }
}

#[track_caller]
fn same(view: &(impl Json + Serialize + Debug)) {
    assert_eq!(text(view), json(view), "{view:?}");
}

proptest! {
    #[test]
    fn what_is_told_writes_itself_as_serde_writes_it(drawn in Drawn::any()) {
        let OfferView { id: offer, .. } = drawn.offer();
        same(&Named("session", drawn.session()));
        same(&Named("booking", drawn.booking()));
        same(&Named("offer", drawn.offer()));
        same(&Named("employee", drawn.employee()));
        same(&drawn.message());
        same(&availability(&drawn.availability()));
        same(&OfferClosedView { offer_id: offer, outcome: Outcome::TimedOut.word() });
        let EmployeeView { status, since, intent, .. } = drawn.employee();
        let resting_until = drawn.text.is_some().then_some(since);
        let cause = Cause::Missed.word();
        let room = || drawn.text.is_some().then_some(RoomView { capacity: 3, used: drawn.number });
        let (room_now, sessions) = (room(), drawn.text.is_some().then(|| vec![drawn.session(), drawn.session()]));
        let (pause, wrap_ups, room) = (None, None, room());
        same(&StatusView { status, since, intent, cause, pause, resting_until, wrap_ups, room, sessions });
        let wrap_up_ends_in_ms = drawn.text.is_some().then_some(drawn.ms);
        same(&OwnSessionView { session: drawn.session(), wrap_up_ends_in_ms, wrap_ups: None, room: room_now });
        same(&NotesView { body: drawn.name(), at: drawn.text.is_some().then(|| drawn.moment()) });
        same(&PeerView { online: drawn.text.is_some() });
        same(&BrandView { id: drawn.name(), name: drawn.name(), colour: drawn.text(), logo: drawn.text() });
        same(&EmployeeGoneView { id: &drawn.name, removed: true });
    }
}
