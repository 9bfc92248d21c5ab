"""What Django leaves open for Chinese: how large numbers are grouped.

Source: CLDR, https://github.com/unicode-org/cldr/blob/main/common/main/zh.xml (`group`, `#,##0.###`).
"""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
