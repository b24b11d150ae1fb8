"""What modules refuse of values that are as their schema says: rules of several values, of rows."""

from __future__ import annotations

#: What is said of a value, as a pattern, and why the schema cannot say it.
RULES = {
    r"It is none of those that are merged|(The customer|The account|Another one) (has it|is )|"
    r"An item is twice in the list|Twice in the list|Two have the same value":
        "Values that another value of the body repeats, or has to.",
    r"It is \d+ in a stage of kind |Not (a|another) stage |Say which stage |"
    r"Name every stage of the pipeline|The pipeline is archived|An archived pipeline ":
        "Which stages there are, and what they ask, the rows of the tenant say.",
    r"One of type \w+ has none|A (note|meeting) needs one|Must not be before |"
    r"An? \w+ (has none|needs (one|some)|cannot be unique)|Must not be less than min|"
    r"The length of a text is |Stays as it is: |This resource has no custom fields":
        "What else there is depends on the type.",
    r"Computed from the items|Comes to |More than |Less than |There is no price|Must not be more":
        "Amounts of several values together.",
    r"Either customerId or accountId|Give (at least one|tags)|Say (how|why) |Goes with |Only of a |"
    r"Must be true: |Missing data for required field":
        "One of several values has to be there, or only with another one.",
    r"The (order|return) has no such|Not one of the lost reasons|Nothing of the order |"
    r"'.*' is nothing that is searched|There is no (such (resource|field)|'.*')|"
    r"There is no (saved view|custom field) ":
        "Which there are, the rows of the tenant say, and the modules.",
    r"fields must be names|include must be names|Unknown query parameter":
        "What a saved query says is looked at like the query of a list.",
    r"Is in the future|Must be today or later|Must be from ": "The time that it is.",
    r"Not an? (URL|http or https URL|ISO 3166-1|language tag|IP address|domain)|"
    r"Not an? (month|number|date|name)|"
    r"Not a text of|Must be an? (list|text|whole number|object|currency|number) ?":
        "What a text may be is more than a pattern says.",
    r"There is no such (upload|asset|entry|term|comment|revision|locale|language|content type)|"
    r"There is no (locale|content type|entry|module) |The taxonomy has no terms below others|"
    r"There is no such revision |There is no such block here|It is none that sync gave out":
        "Which there are, the rows of the tenant say.",
    r"A field of type \w+ |\{.*\} is not the key of |A brace is not closed|Must be the key of |"
    r"Another field has this|This field has none|It is one value|What is inside of a field cannot"
    r"|Many values cannot be|A component has no |Two have the same key|There is no \w+ with this|"
    r"Components would be nested|The component \w+ would hold itself|Cannot be changed: ":
        "What a field may have depends on its type, and on those beside it.",
    r"Another target is given, too|Give one of |Is for the page of an entry|Only what is published"
    r"|Leads to an entry already|Nothing of the name can be in a slug":
        "Of several values one has to be there, or only with another one.",
    r"Must be a path of the site|Not a path|Must not have (a user name|segments|NUL)|Must be UTF-8|"
    r"Not a web address|Not the name of a host|Not a regular expression|Longer than [\d,]+ bytes|"
    r"References back and embedded options|Must be within \d+ years|More than [\d,]+ (words|terms)":
        "What a path, a host, a pattern or a time may be is more than a schema says.",
}  # fmt: skip
