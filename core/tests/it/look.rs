//! Paging through a company's employees and open bookings.

use crate::desk::company_after;

#[test]
fn employees_come_in_the_order_of_their_ids_and_go_on_after_any_of_them() {
    let company = company_after("open cay ann bob");
    let after = |id: Option<&str>| -> Vec<String> {
        company.employees_after(id).map(|(_, employee)| employee.id.to_string()).collect()
    };
    assert_eq!(after(None), ["ann", "bob", "cay"]);
    assert_eq!(after(Some("ann")), ["bob", "cay"]);
    assert_eq!(after(Some("b")), ["bob", "cay"]);
    assert_eq!(after(Some("cay")), Vec::<String>::new());
}
