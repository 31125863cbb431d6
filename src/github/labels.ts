/** Labels of this repository by which people find what the tool opens. */
export const PROMOTION_LABEL = "giftwrap: promotion";
export const ROLLBACK_LABEL = "giftwrap: rollback";
export const HOLD_LABEL = "giftwrap: hold";
export const RELEASE_LABEL = "giftwrap: release";
/** Of issues made with the form. */
export const NEW_RELEASE_LABEL = "giftwrap: new-release";
/** A maintainer says with it that the author of an issue may have its pull request made. */
export const APPROVED_AUTHOR_LABEL = "giftwrap: approved-author";
