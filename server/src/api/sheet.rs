//! CSV rows, such that spreadsheets open them safely.

use axum::http::Uri;
use serde::Serialize;
use serde_json::Value;

/// Writes rows under their column names; a name such as `offers.made` is a path into the row.
///
/// # Errors
/// When a row has no form as JSON.
pub(super) fn write(columns: &[&str], rows: &[impl Serialize]) -> Result<Vec<u8>, std::io::Error> {
    let mut sheet = csv::Writer::from_writer(Vec::new());
    sheet.write_record(columns)?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        sheet.write_record(columns.iter().map(|column| cell(&row, column)))?;
    }
    sheet.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn cell(row: &Value, column: &str) -> String {
    match column.split('.').fold(row, |value, field| &value[field]) {
        Value::Null => String::new(),
        Value::String(text) => defused(text),
        other => other.to_string(),
    }
}

/// Puts an apostrophe before a text that a spreadsheet takes for a formula, in the wide form of Chinese and Japanese
/// keyboards too, because people choose their names themselves.
fn defused(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

/// Value of a `Link` header that names the next page: the same question at the same address, after that cursor.
#[must_use]
pub(crate) fn link_to_next(uri: &Uri, next: &str) -> String {
    let fields = uri.query().unwrap_or_default().split('&');
    let kept = fields.filter(|field| !field.is_empty() && !field.starts_with("after="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("after={next}")]).collect();
    format!("<?{}>; rel=\"next\"", query.join("&"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_that_looks_like_a_formula_is_only_text() {
        let rows = [json!({ "id": "-ann", "name": "=1+1, \"x\"", "n": { "made": -3 }, "none": null })];
        let written = write(&["id", "name", "n.made", "none", "n.other"], &rows).unwrap();
        let expected = "id,name,n.made,none,n.other\n'-ann,\"'=1+1, \"\"x\"\"\",-3,,\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        for sign in ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"] {
            assert_eq!(defused(&format!("{sign}1")), format!("'{sign}1"));
        }
        assert_eq!(defused("a=1"), "a=1");
    }

    #[test]
    fn the_next_page_is_the_same_question_after_a_cursor() {
        let of = |uri: &str| link_to_next(&uri.parse().unwrap(), "bob");
        assert_eq!(of("/v1/x"), "<?after=bob>; rel=\"next\"");
        assert_eq!(of("/v1/x?limit=2&after=ann&format=csv"), "<?limit=2&format=csv&after=bob>; rel=\"next\"");
    }
}
