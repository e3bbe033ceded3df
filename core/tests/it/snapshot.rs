//! A company that was stored before an employee's load was a list is read, and written with the same bytes.

use switchboard_core::{Company, Duty, Status, invariants};

/// Ann is asked by zoe, bob talks with yan, cay wraps up after xia's session, and dan is offline.
const STORED: &str = concat!(
    r#"{"id":"acme","exists":true,"created_at":0,"name":"Acme","settings":{"offer_timeout_ms":15000,"#,
    r#""delivery_timeout_ms":3000,"booking_deadline_ms":120000,"max_missed":2,"employee_grace_ms":10000,"#,
    r#""intent_lapse_ms":1800000,"client_grace_ms":15000,"session_grace_ms":60000,"wrap_up_ms":5000,"#,
    r#""history_days":0},"clock":0,"seq":23,"roster":{"employees":[{"id":"ann","name":"ANN","topics":[],"#,
    r#""intent":"idle","intent_since":0,"reach":"connected","#,
    r#""duty":{"asked":"00000000-0000-0000-0000-000000000001"},"missed":0,"since":0,"place":0,"#,
    r#""lapse_due":null,"meter":{"offline_ms":0,"idle_ms":0,"init_ms":0,"busy_ms":0}},{"id":"bob","#,
    r#""name":"BOB","topics":[],"intent":"idle","intent_since":0,"reach":"connected","#,
    r#""duty":{"in_session":"00000000-0000-0000-0000-000000000001"},"missed":0,"since":0,"place":1,"#,
    r#""lapse_due":null,"meter":{"offline_ms":0,"idle_ms":0,"init_ms":0,"busy_ms":0}},{"id":"cay","#,
    r#""name":"CAY","topics":[],"intent":"idle","intent_since":0,"reach":"connected","#,
    r#""duty":{"wrap_up":{"until":5000}},"missed":0,"since":0,"place":2,"lapse_due":null,"#,
    r#""meter":{"offline_ms":0,"idle_ms":0,"init_ms":0,"busy_ms":0}},{"id":"dan","name":"DAN","#,
    r#""topics":["law"],"intent":"offline","intent_since":0,"reach":"connected","duty":"free","missed":0,"#,
    r#""since":0,"place":3,"lapse_due":null,"meter":{"offline_ms":0,"idle_ms":0,"init_ms":0,"busy_ms":0}}],"#,
    r#""next_place":4},"#,
    r#""bookings":{"00000000-0000-0000-0000-000000000001":{"id":"00000000-0000-0000-0000-000000000001","#,
    r#""client":"zoe","topic":"tax","note":null,"key":null,"created_at":0,"deadline":120000,"#,
    r#""ended_at":null,"state":"offering","reason":null,"offers":[{"employee":0,"employee_id":"ann","#,
    r#""made_at":0,"expires_at":15000,"delivered_at":null,"delivery_due":3000,"outcome":null,"#,
    r#""closed_at":null,"reason":null}],"session":null,"client_due":null},"#,
    r#""00000000-0000-0000-0000-000000000002":{"id":"00000000-0000-0000-0000-000000000002","client":"yan","#,
    r#""topic":"tax","note":null,"key":null,"created_at":0,"deadline":120000,"ended_at":null,"#,
    r#""state":"assigned","reason":null,"offers":[{"employee":1,"employee_id":"bob","made_at":0,"#,
    r#""expires_at":15000,"delivered_at":null,"delivery_due":null,"outcome":"accepted","closed_at":0,"#,
    r#""reason":null}],"session":"00000000-0000-0000-0000-000000000001","client_due":null},"#,
    r#""00000000-0000-0000-0000-000000000003":{"id":"00000000-0000-0000-0000-000000000003","client":"xia","#,
    r#""topic":"tax","note":null,"key":null,"created_at":0,"deadline":120000,"ended_at":null,"#,
    r#""state":"assigned","reason":null,"offers":[{"employee":2,"employee_id":"cay","made_at":0,"#,
    r#""expires_at":15000,"delivered_at":null,"delivery_due":null,"outcome":"accepted","closed_at":0,"#,
    r#""reason":null}],"session":"00000000-0000-0000-0000-000000000002","client_due":null}},"#,
    r#""sessions":{"00000000-0000-0000-0000-000000000001":{"id":"00000000-0000-0000-0000-000000000001","#,
    r#""booking":"00000000-0000-0000-0000-000000000002","client":"yan","employee":1,"employee_id":"bob","#,
    r#""employee_name":"BOB","topic":"tax","started_at":0,"ended_at":null,"ended_by":null,"reason":null,"#,
    r#""client_presence":{"online":false,"due":null},"employee_presence":{"online":false,"due":null},"#,
    r#""messages":[]},"00000000-0000-0000-0000-000000000002":{"id":"00000000-0000-0000-0000-000000000002","#,
    r#""booking":"00000000-0000-0000-0000-000000000003","client":"xia","employee":2,"employee_id":"cay","#,
    r#""employee_name":"CAY","topic":"tax","started_at":0,"ended_at":0,"ended_by":"client","reason":null,"#,
    r#""client_presence":{"online":false,"due":null},"employee_presence":{"online":false,"due":null},"#,
    r#""messages":[]}},"clients":{"yan":{"booking":"00000000-0000-0000-0000-000000000002","#,
    r#""connected":true},"zoe":{"booking":"00000000-0000-0000-0000-000000000001","connected":true}},"#,
    r#""past":{"queue":[[0,"00000000-0000-0000-0000-000000000003",960]],"bytes":960},"today":{"day":0,"#,
    r#""booked":3,"assigned":2,"unanswered":0,"cancelled":0,"expired":0,"ended":1}}"#,
);

#[test]
fn a_snapshot_of_before_is_read_and_written_as_it_was() {
    let mut company: Company = serde_json::from_str(STORED).unwrap();
    company.rebuild();
    assert_eq!(invariants::check(&company), Ok(()));
    let duties: Vec<(Duty, Status)> = company.employees_after(None).map(|(_, e)| (e.load.duty(), e.status())).collect();
    let [(Duty::Asked(_), Status::Init), (Duty::InSession(_), Status::Busy), (Duty::WrapUp { .. }, Status::Busy), free] =
        duties.as_slice()
    else {
        panic!("{duties:?}")
    };
    assert_eq!(*free, (Duty::Free, Status::Offline));
    assert_eq!(serde_json::to_string(&company).unwrap(), STORED);
}
