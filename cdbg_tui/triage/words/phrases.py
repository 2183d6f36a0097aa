"""What programs say before they die, as data: a row a wording, with the cause that it tells and who says so.

Every pattern is linear in the length of a line, whatever stands in it: repeats are bounded and begin only where
a word begins, nothing repeats what repeats. A row is tried only on lines that hold one of its *hints*.
"""

# ruff: noqa: E501 - a table: a row a wording, which breaks nowhere
# fmt: off

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

DENIED, NOT_PERMITTED, BAD_VALUE = "denied", "not-permitted", "bad-value"
"""What becomes a cause only with evidence: which path, which capability, whose value."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One wording: the cause that it tells, how to find it, and who says so."""

    cause: str
    """An id of `causes`, or `DENIED`, `NOT_PERMITTED`, `BAD_VALUE`."""
    source: str
    """The regular expression. Its named groups: *path*, *name* of a variable, *value*, *word* of a command line, *port*, *number* of a
    line, *lib* or *module*."""
    says: str
    hints: tuple[str, ...]
    """Without one of them, in lower case, the pattern cannot match."""
    rank: int = 2
    """How much the wording alone proves: 1 little, 2 as usual, 3 nothing else is meant."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """How to find it; compiled when a line first holds a hint of it, for most are never wanted."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


# What the patterns below are made of. Every run of characters excludes what has to stand before it, so that
# a search begins once a word and not once a character.
_PARTS = {
    "path": r"(?<![^\s'\"`‘’“”«(\[=:,<])(?P<path>[^\s'\"`‘’“”«»:,;()\[\]=<>]{1,300})",
    "name": r"(?<![A-Za-z0-9_])(?P<name>(?-i:[A-Z][A-Z0-9_]{2,80}))(?![A-Za-z0-9_])",
    "value": r"['\"`‘“«](?P<value>[^'\"`’”»]{0,200})['\"`’”»]",
    "word": r"['\"`‘“«]?(?P<word>-{0,2}[\w][\w./:=+-]{0,100})",
    "flag": r"['\"`‘“«]?(?P<word>-{0,2}[\w?][\w./:=+-]{0,100})",
    "port": r"(?P<port>\d{1,5})(?!\d)",
    "line": r"(?P<number>\d{1,7})",
    "q": r"['\"`‘’“”«»]{0,2}",
    "gap": r"[^\n]{0,60}?",
    "no errno": r"(?: failed)?[:,]?(?: \w{2,20})? {0,2}\(?(?:OS errno \d{1,3} - |(?:errno|error)?[:= ]{0,2}\d{1,3}"
    r"[:),]{0,2} ?)?(?:[A-Z]\w{1,30}: )?",
}


_PART = re.compile(r"(?<!\?P)<(\w+(?: \w+)?)>")


def _row(cause: str, says: str, hints: str, pattern: str, rank: int = 2) -> Phrase:
    whole = _PART.sub(lambda part: _PARTS[part[1]], pattern)
    return Phrase(cause, whole, says, tuple(hints.split("|")), rank)


def _errno(cause: str, words: str, code: str, number: int) -> tuple[Phrase, ...]:
    """Return the rows for an error of the kernel: with its path before it, behind it, and alone."""
    low = words.lower()
    return (
        _row(cause, "C, shells, Go, Java, nginx", low, rf"<path><q><no errno>{words}"),
        _row(
            cause,
            "Python, Ruby, Node, PHP",
            low,
            rf"{words}(?: @ \w{{2,40}} - |:? ?(?:- |, (?:[a-z]{{2,16}} )?|: ))<q><path>",
        ),
        _row(cause, "libc", low, words, rank=1),
        _row(cause, "Node", code.lower(), rf"\b{code}\b(?!: (?:system limit|spawn))", rank=1),
        _row(cause, "Rust, Python", f"error {number}", rf"\bos error {number}\b", rank=1),
    )


_FILE = "missing-file-or-dir"
_MISSING_FILES = (
    *_errno(_FILE, "No such file or directory", "ENOENT", 2),
    _row(_FILE, "programs", "no such file", r"<path><q>: no such file(?! or)"),
    _row(_FILE, "programs", "no such ", r"\bno such (?:file|directory|path)(?! or)[: ]{1,3}<q><path>"),
    _row(_FILE, "dash", "nonexistent", r"cannot create <path>: Directory nonexistent", 3),
    _row(_FILE, "shells", "can't cd to", r"can't cd to <path>", 3),
    _row(_FILE, "shells", "cannot open", r"cannot open <q><path><q>: No such file", 3),
    _row(
        _FILE,
        "programs",
        "does not exist",
        r"(?:file|directory|folder|path|certificate|key|script|template|socket)s?[: ]{1,3}<q><path><q> (?:does not|doesn't) exist",
    ),
    _row(_FILE, "programs", "not exist", r"<q>(?<![^\s'\"`(=:])(?P<path>/[^\s'\"`:,]{1,300})<q>:? (?:does not|doesn't) exist"),
    _row(_FILE, "programs", "not found", r"(?:file|directory|folder|path|certificate|script|template)(?: not found:? |[: ]{1,3})<q><path>(?: (?:was )?not found)?"),
    _row(_FILE, "programs", "not found", r"(?<![^\s'\"`(=:])(?P<path>\.{0,2}/[^\s'\"`:,]{1,300})<q>:? (?:was |could )?(?:not be |not )found"),
    _row(_FILE, "programs", "is missing", r"(?<![^\s'\"`(=:])(?P<path>\.{0,2}/[^\s'\"`:,]{1,300})<q> is missing"),
    _row(_FILE, "programs", " find ", r"(?:could not|cannot|can't|unable to|failed to) find (?:the )?(?:file|directory|path|certificate|template)s?[: ]{1,3}<q><path>"),
    _row(_FILE, "programs", "missing ", r"\bmissing (?:required )?(?:file|directory|folder|certificate)s?[: ]{1,3}<q><path>"),
    _row(_FILE, "Java", "nosuchfileexception", r"NoSuchFileException: <path>", 3),
    _row(_FILE, "JVM", "unable to access jarfile", r"Unable to access jarfile <path>", 3),
    _row(_FILE, "JVM", "find or load main class", r"Could not find or load main class (?P<module>[\w.$/-]{1,200})", 3),
    _row(_FILE, "JVM", "classnotfound", r"ClassNotFoundException: (?P<module>[\w.$/-]{1,200})", 3),
    _row(_FILE, "JVM", "noclassdef", r"NoClassDefFoundError: (?P<module>[\w.$/-]{1,200})", 3),
    _row(_FILE, ".NET", "could not find", r"Could not find (?:file|a part of the path) <q><path>", 3),
    _row(_FILE, ".NET", "file or assembly", r"Could not load file or assembly <q>(?P<module>[\w.-]{1,200})", 3),
    _row(_FILE, ".NET", "to execute does not exist", r"application to execute does not exist: <q><path>", 3),
    _row(_FILE, "glibc", "shared librar", r"error while loading shared libraries: (?P<lib>[\w.+-]{1,100})", 3),
    _row(_FILE, "musl", "shared librar", r"Error loading shared library (?P<lib>[\w.+-]{1,100})", 3),
    _row(_FILE, "glibc", "shared object file", r"(?P<lib>[\w.+-]{1,100}\.so[\w.]{0,20}): cannot open shared object file", 3),
    _row(_FILE, "glibc", "not found (required by", r"version [`'](?P<lib>[\w.]{1,60})' not found \(required by", 3),
    _row(_FILE, "Python", "no module named", r"No module named <q>(?P<module>[\w.-]{1,200})", 3),
    _row(_FILE, "Python", "can't open file", r"can't open file <q><path>", 3),
    _row(_FILE, "Node", "cannot find", r"Cannot find (?:module|package) <q>(?P<module>[^'\"\s]{1,300})", 3),
    _row(_FILE, "Ruby", "cannot load such file", r"cannot load such file -- (?P<module>[^\s(]{1,300})", 3),
    _row(_FILE, "Bundler", "gemnotfound", r"\bGemNotFound\b", 2),
    _row(_FILE, "Bundler", "could not ", r"Could not (?:find|locate) (?:gem )?<q>(?P<module>[\w.-]{1,100})<q>(?: in | \(|$)"),
    _row(_FILE, "Perl", "can't locate", r"Can't locate (?P<module>[\w/:.-]{1,200}) in @INC", 3),
    _row(_FILE, "PHP", "failed opening required", r"Failed opening required <q><path>", 3),
    _row(_FILE, "PHP", "failed to open stream: no such", r"\(<path>\): failed to open stream: No such file", 3),
    _row(_FILE, "Lua", "module '", r"module '(?P<module>[\w./-]{1,200})' not found", 3),
    _row(_FILE, "Go templates", "matches no files", r"pattern matches no files: <q><path>", 3),
    _row(_FILE, "Erlang", "enoent", r"[{,]\s?enoent\b"),
)

_CONFIG = r"(?:config(?:uration)?|settings?|conf)(?:[ -]?file)?"
_MISSING_CONFIG = tuple(
    _row("missing-config", says, hint, pattern, 3)
    for says, hint, pattern in (
        ("C", "open conf|open the conf|open setting", rf"\b(?:unable|failed|could not|cannot) (?:to )?open (?:the )?{_CONFIG}[: ]{{1,2}}<q><path>"),
        ("programs", "not found", rf"\b{_CONFIG}[: ]{{1,3}}(?:<path><q> )?(?:was )?not found(?:[: ]{{1,3}}(?:at |in )?)?"),
        ("programs", "not found", rf"\b{_CONFIG}(?: was)? not found(?: at| in)?[: ]{{1,3}}<q><path>"),
        ("programs", "not exist", rf"\b{_CONFIG}[: ]{{1,3}}(?:<q><path><q> )?(?:does not|doesn't|did not) exist"),
        ("programs", "missing", rf"\b{_CONFIG}[: ]{{1,3}}(?:<q><path><q> )?is missing"),
        ("programs", "missing", rf"\bmissing (?:required )?{_CONFIG}\b(?! (?:key|option|value|entry))(?:[: ]{{1,3}}<q><path>)?"),
        ("programs", "no ", rf"\bno (?:valid |usable )?{_CONFIG} (?:was |were )?(?:found|given|provided|specified|present)"),
        ("programs", "find |locate ", rf"(?:could not|couldn't|cannot|can't|unable to|failed to) (?:find|locate) (?:a |an |the |any )?{_CONFIG}(?:[: ]{{1,3}}(?:at |in )?<q><path>)?"),
        ("viper", "not found in", r"Config File <q>(?P<path>[^'\"]{1,100})<q> Not Found in"),
        ("HAProxy", "could not open configuration", r"Could not open configuration file <q><path>"),
        (".NET", "not found and is not optional", r"The configuration file '(?P<path>[^']{1,300})' was not found and is not optional"),
        ("PostgreSQL", "server configuration file", r"could not access the server configuration file <q><path>"),
    )
)

_BAD = "config-invalid"
_INVALID_CONFIG = (
    _row(_BAD, "programs", "config|setting", rf"\b(?:unable|failed|could not|cannot|can't|error) (?:to )?(?:load(?:ing)?|pars(?:e|ing)|read(?:ing)?|process(?:ing)?) (?:the )?(?:\w{{1,20}} )?{_CONFIG}\b(?:[: ]{{1,3}}(?:from |in |at )?[\[<]?<q><path>)?", 1),
    _row(_BAD, "XML (Java)", "saxparseexception", r"SAXParseException; (?:systemId: (?:file:)?(?P<path>[^;]{1,300}); )?lineNumber: <line>", 3),
    _row(_BAD, "YAML (Go, libyaml)", "yaml: ", r"yaml: (?:line <line>|unmarshal errors|input error|control characters|found )", 3),
    _row(_BAD, "YAML (Go)", "cannot unmarshal", r"line <line>: (?:cannot unmarshal|field \S{1,80} not found in)", 3),
    _row(_BAD, "YAML", "yaml", r"\b(?:yaml\.(?:scanner|parser|reader|constructor|composer)\.\w{1,40}Error|YAMLException|ScannerException|ParserException|YAMLParseError|YAMLSemanticError|YamlException)\b"),
    _row(_BAD, "PyYAML", "\", line", r"\bin \"(?P<path>[^\"]{1,300})\", line <line>, column \d"),
    _row(_BAD, "libyaml", "while parsing|did not find expected|mapping values", r"(?:did not find expected|while parsing a (?:block|flow)|mapping values are not allowed)"),
    _row(_BAD, "YAML", "not allowed", r"mapping values are not allowed"),
    _row(_BAD, "serde_yaml", "at line", r"(?:missing field|unknown field|invalid type|did not find|duplicate field|unknown variant)\b[^\n]{1,160}? at line <line> column", 1),
    _row(_BAD, "Python json", "jsondecodeerror", r"JSONDecodeError: [^\n]{1,80}? line <line> column", 1),
    _row(_BAD, "Node", " json", r"<path>: (?:Unexpected (?:token|string|number|end)|Expected )[^\n]{0,120}?JSON"),
    _row(_BAD, "Node", " json", r"(?:Unexpected (?:token|string|number|end of|non-whitespace)|Expected (?:property name|double-quoted|','))[^\n]{0,80}? (?:in |of )?JSON", 1),
    _row(_BAD, "Go", "invalid character", r"invalid character '[^\n]{1,8}' (?:looking for|after|in|exceeded)", 1),
    _row(_BAD, "Go", "json: ", r"json: (?:cannot unmarshal|unknown field)", 1),
    _row(_BAD, "Go", "end of json", r"unexpected end of JSON input", 1),
    _row(_BAD, "Jackson, Gson", "json", r"(?:JsonParseException|JsonMappingException|MalformedJsonException|JsonSyntaxException|MismatchedInputException|Json\.JsonException|JsonReaderException)", 1),
    _row(_BAD, ".NET", "load configuration", r"Failed to load configuration from file <q><path>", 3),
    _row(_BAD, ".NET", "parse the json", r"Could not parse the JSON file", 3),
    _row(_BAD, "TOML", "toml", r"(?:TOMLDecodeError|TomlDecodeError|TOML parse error|toml: (?:line|expected|invalid|cannot|incomplete|key)|toml\w{0,10}\W{0,3}(?:parse|syntax) error)"),
    _row(_BAD, "Python configparser", "section", r"(?:MissingSectionHeaderError|NoSectionError|DuplicateSectionError)", 3),
    _row(_BAD, "Python configparser", "option", r"(?:NoOptionError|DuplicateOptionError): ", 3),
    _row(_BAD, "Python configparser", "source contains", r"Source contains parsing errors: <q><path>", 3),
    _row(_BAD, "XML", "saxparse", r"SAXParseException", 1),
    _row(_BAD, "XML", "xml", r"(?:not well-formed|XML (?:syntax|parse|parser|parsing) error|XmlException|ParseError)\b", 1),
    _row(_BAD, "XML", "not well-formed", r"not well-formed \(invalid token\): line <line>", 1),
    _row(_BAD, "nginx", "[emerg]", r"\[emerg\][^\n]{1,300}? in <path>:<line>$", 1),
    _row(_BAD, "nginx", "directive", r"(?:unknown|invalid|duplicate|unrecognized|bad|wrong) (?:\w{1,20} ){0,4}directive\b"),
    _row(_BAD, "nginx", "directive", r"directive \"[^\"]{1,60}\" (?:is|has|must|requires)\b"),
    _row(_BAD, "Apache", "syntax error on line", r"Syntax error on line <line> of <path>", 3),
    _row(_BAD, "Apache", "perhaps misspelled", r"Invalid command '[^']{1,80}', perhaps misspelled", 3),
    _row(_BAD, "PostgreSQL", "configuration parameter", r"unrecognized configuration parameter \"[^\"]{1,80}\"(?: in file \"(?P<path>[^\"]{1,300})\" line <line>)?", 3),
    _row(_BAD, "PostgreSQL", "invalid value for parameter", r"invalid value for parameter \"[^\"]{1,80}\"(?:: <value>)?", 3),
    _row(_BAD, "PostgreSQL", "is outside the valid range", r"is outside the valid range for parameter", 3),
    _row(_BAD, "PostgreSQL", "syntax error in file", r"syntax error in file \"(?P<path>[^\"]{1,300})\" line <line>", 3),
    _row(_BAD, "programs", "contains errors", r"configuration file <q><path><q> contains errors", 3),
    _row(_BAD, "MySQL/MariaDB", "unknown variable", r"unknown variable '", 3),
    _row(_BAD, "MySQL/MariaDB", "without preceding group", r"without preceding group in config file: <path> at line:? <line>", 3),
    _row(_BAD, "Redis", "config file error", r"FATAL CONFIG FILE ERROR", 3),
    _row(_BAD, "Redis", "reading the configuration file", r"Reading the configuration file, at line <line>", 3),
    _row(_BAD, "MongoDB", "config file", r"Error (?:parsing|reading) \w{0,5} ?config file", 3),
    _row(_BAD, "RabbitMQ", "configuration", r"(?:Error generating configuration|attempted to set unknown variable|error in configuration)", 3),
    _row(_BAD, "HAProxy", "parsing [", r"parsing \[<path>:<line>\]", 3),
    _row(_BAD, "HAProxy", "found in configuration", r"(?:fatal )?errors?(?:\(s\))? found in configuration(?: file)?(?: ?: <path>)?", 2),
    _row(_BAD, "Caddy", "adapting config", r"adapting config using \w{1,30}: (?:<path>:<line>)?", 3),
    _row(_BAD, "Elasticsearch", "unknown setting", r"unknown setting \[[^\]]{1,100}\]", 3),
    _row(_BAD, "Elasticsearch", "for setting", r"Failed to parse value (?:\[(?P<value>[^\]]{1,100})\] )?for setting", 3),
    _row(_BAD, "Kafka, Java", "configexception", r"ConfigException\b", 3),
    _row(_BAD, "Kafka", "missing required configuration", r"Missing required configuration \"", 3),
    _row(_BAD, "Django", "improperlyconfigured", r"ImproperlyConfigured: ", 1),
    _row(_BAD, "Envoy", "initializing config", r"error initializing config(?:uration)?\b(?: '<path>')?", 3),
    _row(_BAD, "Telegraf", "error parsing", r"Error parsing <path>, line <line>", 3),
    _row(_BAD, "OpenTelemetry", "unmarshal the configuration", r"cannot unmarshal the configuration", 3),
    _row(_BAD, "programs", "syntax error", rf"(?:syntax|parse) error (?:in|on|at|near) (?:line \d{{1,7}} (?:of|in) )?(?:the )?(?:{_CONFIG}[: ]{{0,3}}<q><path>|{_CONFIG})", 2),
    _row(_BAD, "programs", "error|invalid|unknown|expected", r"(?<![^\s'\"`(])(?P<path>[^\s'\"`:,()]{1,200}\.(?:ya?ml|json|toml|ini|conf|cfg|cnf|xml|hcl|properties|env))<q>(?:[: ]{0,2}(?:on )?line |:)<line>[^\n]{0,30}?\b(?:error|invalid|unknown|unexpected|expected)", 3),
    _row(_BAD, "programs", "pars", rf"(?:cannot|could not|couldn't|can't|unable to|failed to|failure|error|problem)(?: in| while)? pars(?:e|ing) (?:the )?(?:\w{{1,20}} )?(?:{_CONFIG}\b(?:[: ]{{1,3}}<q><path>)?|<q>(?P<file>[^\s'\":]{{1,200}}\.(?:ya?ml|json|toml|ini|conf|cfg|xml|properties)))"),
    _row(_BAD, "programs", "config", rf"\b(?:invalid|malformed|bad|broken|illegal|corrupt(?:ed)?|unparsable) {_CONFIG}\b(?:[: ]{{1,3}}<q><path>)?"),
    _row(_BAD, "programs", "settings", rf"\b(?:invalid|malformed|bad|broken|illegal) {_CONFIG}\b"),
    _row(_BAD, "programs", "error", r"\b(?:syntax|parse|parsing|lexical) error\b(?!:? ?(?:near )?(?:\")?unexpected)", 1),
    _row(_BAD, "programs", "config|settings", rf"\b{_CONFIG}(?:[: ]{{1,3}}<q><path><q>)?(?: is|:)? (?:invalid|malformed|not valid|broken|corrupt|error\b|validation failed)"),
    _row(_BAD, "programs", "config", rf"\b(?:error|failed|failure|unable|could not|cannot)(?: in| to)? (?:load|loading|read|reading|decode|decoding|validate|validating|unmarshal) (?:the )?{_CONFIG}\b(?:[: ]{{1,3}}<q><path>)?(?!<gap>(?:no such|not found))", 1),
    _row(_BAD, "programs", "unknown", rf"\b(?:unknown|unrecognized|unrecognised|unsupported|unexpected|undefined) (?:{_CONFIG} )?(?:key|keyword|directive|setting|section|field|parameter|property|config(?:uration)? option)\b[: ]{{0,3}}<q>(?P<key>[\w.-]{{1,80}})<q>", 1),
)

_UNSET = r"(?:not set|unset|not defined|undefined|missing|required|mandatory|empty|blank|not provided|not specified|not given|not configured|not present|not found|not exported)"
_UNSET_HINTS = "not |unset|undefined|missing|required|mandatory|empty|blank"
_VAR = "missing-env-var"
_MISSING_VARIABLES = (
    _row(_VAR, "programs", _UNSET_HINTS, rf"<name><q>(?: environment variable| env var(?:iable)?| variable)?:? (?:(?:is|was|has|must|should|cannot|may|can|are|needs to|has to)(?: not| be| been){{0,3}} )?{_UNSET}\b", 2),
    _row(_VAR, "programs", "be ", r"<name><q>(?: environment variable| env var(?:iable)?| variable)? (?:must|should|has to|needs to|cannot|can't|may not|must not)(?: not)? be (?:set|defined|provided|specified|given|present|configured|non-?empty|exported|null|nil|blank)\b", 2),
    _row(_VAR, "bash", "unbound variable", r"(?P<name>[A-Za-z_]\w{0,80}): unbound variable", 3),
    _row(_VAR, "dash, busybox", "parameter n", r"(?P<name>[A-Za-z_]\w{0,80}): parameter (?:not set|null)", 3),
    _row(_VAR, "Go envconfig", "required key", r"required key <name> missing value", 3),
    _row(_VAR, "programs", "var", r"(?:missing|required|undefined|unset|no|mandatory|empty|expected|need|needs|requires|set|define|provide|specify|export|find|fetch|read|get)<gap>\b(?:environment |env )?var(?:iable)?s?(?:\(s\))?(?: named| called)?[^\w\n]{1,6}<name>", 2),
    _row(_VAR, "programs", "var", rf"\b(?:environment|env) var(?:iable)?s?<gap>{_UNSET}[^\w\n]{{1,6}}<name>", 2),
    _row(_VAR, "programs", "missing", r"\b(?:missing|lacks|lacking)(?: (?:the|a|required|mandatory|env|environment|config|secret|variables?|vars?|keys?|settings?|value|values|for|following)){0,4}[^\w\n]{1,4}<name>", 2),
    _row(_VAR, "programs", "please|must|need|have to|should", r"\b(?:please|must|need to|have to|should)(?: also| either)? (?:set|provide|specify|define|export|supply|pass|give)(?: (?:the|a|an|your|env|environment|variable|value|for|one|of|valid)){0,4}[^\w\n]{1,4}<name>", 2),
    _row(_VAR, "programs", "env", r"\bset (?:the )?<name> (?:environment|env|in (?:the|your) env)", 2),
    _row(_VAR, "programs", "required ", r"\brequired (?:\w{1,12} ){1,2}['\"]?<name>", 2),
    _row(_VAR, "programs", "no ", r"\bno <name> (?:was |is )?(?:set|provided|given|configured|specified|found|defined|in (?:the )?env)", 2),
    _row(_VAR, "Python", "keyerror", r"KeyError: ['\"]<name>['\"]", 3),
    _row(_VAR, "Ruby", "key not found", r"key not found: [\":]<name>", 3),
    _row(_VAR, "python-decouple", "declare it as envvar", r"<name> not found\. Declare it as envvar", 3),
    _row(_VAR, "Spring Boot", "resolve placeholder", r"Could not resolve placeholder ['\"]<name>", 3),
    _row(_VAR, "env-var, t3-env", "required", r"[\"']?<name>[\"']?:? \[? ?['\"]?(?:is a )?required\b", 2),
    _row(_VAR, "pydantic", "required", r"^\s{2,8}field required [\[(]type=(?:missing|value_error\.missing)", 3),
    _row(_VAR, "Laravel", "encryption key has been specified", r"No application encryption key has been specified", 3),
    _row(_VAR, "Rust", "environment variable not found", r"<name>[^\w\n]{1,6}(?:\w{1,20}\(?)?environment variable not found", 3),
    _row(_VAR, "Rust", "notpresent", r"<name>[^\n]{1,60}?NotPresent", 3),
)

_INVALID_HINTS = (
    "invalid|bad |illegal|unsupported|unknown|malformed|unrecogni|unparsable|wrong|incorrect|unexpected|pars|"
    "convert|decode|interpret|validate|not a"
)
_BAD_VAR = "bad-env-value"
_KIND = r"(?:log ?level|level|port|url|uri|dsn|integer|number|boolean|bool|float|duration|time ?zone|date|address|ip|host|hostname|mode|value|size|enum|locale|uuid|email|choice|option|environment|encoding|region|format|time unit|loglevel)"
_BAD_VALUES = (
    _row(_BAD_VAR, "programs", _INVALID_HINTS, r"\b(?:invalid|bad|illegal|unsupported|unknown|malformed|unrecognized|unparsable|wrong|incorrect|unexpected|parse|parsing|convert|decode|interpret|validate) (?:\w{1,12} ){0,3}?(?:(?:for|of|in|from) )?(?:the )?(?:environment variable |env var(?:iable)? |variable )?<q><name>(?:[^\w\n]{1,6}<q>(?P<value>[^\s'\"`’”,)]{1,100}))?"),
    _row(_BAD_VAR, "programs", "must |should |has to|needs to|is |has |cannot be|could not be|out of range|expected|not a|invalid|exceeds", r"<name>(?:<q>[=: ]{1,3}<q>(?P<value>[^\s'\"`’”,)]{1,100})<q>)?:? (?:must (?:be|match|contain|start|have)|should be|has to be|needs to be|is (?:not (?:a|an|one|valid|in|within|supported|recognized|numeric|allowed)\b|invalid|malformed|out of)|has (?:an? )?(?:invalid|bad|unknown)|cannot be (?:parsed|converted|negative|zero)|could not be (?:parsed|converted)|out of range|expected|not (?:a|an) (?:valid|number|integer|boolean|url|port)|invalid|is too|exceeds)", 2),
    _row(_BAD_VAR, "Go envconfig", "assigning", r"assigning <name> to \w{1,80}: converting '(?P<value>[^']{0,200})'", 3),
    _row(_BAD_VAR, "Spring Boot", "environment property", r"Origin: System Environment Property \"?<name>", 3),
    _row(BAD_VALUE, "Go", "parsing ", r"parsing \"(?P<value>[^\"]{0,200})\": (?:invalid|value out of range)"),
    _row(BAD_VALUE, "Go", "invalid duration", r"(?:invalid duration|unknown unit \S{1,40} in duration|missing unit in duration) <value>"),
    _row(BAD_VALUE, "Go", "parse \"", r"parse \"(?P<value>[^\"]{0,200})\": "),
    _row(BAD_VALUE, "Python", "with base", r"invalid literal for int\(\) with base \d{1,2}: <value>"),
    _row(BAD_VALUE, "Python", "could not convert string", r"could not convert string to (?:float|complex): <value>"),
    _row(BAD_VALUE, "Java", "for input string", r"For input string: <value>"),
    _row(BAD_VALUE, "Java", "no enum constant", r"No enum constant [\w.$]{1,200}\.(?P<value>[^\s.]{1,100})"),
    _row(BAD_VALUE, "Node", "received", r"Received (?:type \w{1,10} )?\(?['\"]?(?P<value>[^\s'\"()]{1,100})['\"]?\)?"),
    _row(BAD_VALUE, "Node", "input: '", r"^\s{0,8}input: '(?P<value>[^']{0,200})'"),
    _row(BAD_VALUE, "Node, browsers", "invalid url", r"Invalid URL:? <q>(?P<value>[^\s'\"]{1,200})"),
    _row(BAD_VALUE, "Ruby", "invalid value for", r"invalid value for (?:Integer|Float|Rational)\(\): <value>"),
    _row(BAD_VALUE, ".NET", "not in a correct format", r"input string <value> was not in a correct format"),
    _row(BAD_VALUE, "shells", "expression expected|bad number|invalid number|out of range|numeric argument|too great", r": <q>(?P<value>[^\s:'\"]{1,100})<q>: (?:integer expression expected|bad number|invalid number|out of range|numeric argument required|value too great)"),
    _row(BAD_VALUE, "dash", "illegal number", r"Illegal number: (?P<value>[^\n]{1,100})$"),
    _row(BAD_VALUE, "pydantic", "input_value=", r"input_value='(?P<value>[^']{0,200})'"),
    _row(BAD_VALUE, "SQLAlchemy", "parse", r"Could not parse [\w ]{1,20}?URL from (?:string|given URL string) <value>"),
    _row(BAD_VALUE, "programs", _INVALID_HINTS, r"\b(?:invalid|unknown|unsupported|unrecognized|unrecognised|illegal|bad|unexpected|malformed|not a valid|not an?|cannot parse|could not parse|failed to parse)\b[^\n'\"`]{0,60}?<value>", 1),
    _row(BAD_VALUE, "programs", _INVALID_HINTS, rf"\b(?:invalid|unknown|unsupported|unrecognized|illegal|bad|malformed|not a valid) (?:\w{{1,20}} ){{0,3}}?{_KIND}(?: value| name| number)?(?: for [\w.-]{{1,60}})?[:= ]{{1,3}}\(?(?P<value>[^\s'\"`,;)]{{1,100}})", 1),
    _row(BAD_VALUE, "programs", " not ", r"<value> (?:is |was )?not (?:recogni[sz]ed|understood|supported|known|allowed|permitted here)", 1),
    _row(BAD_VALUE, "programs", "is not ", r"<q>(?P<value>(?<![^\s'\"`‘“«(=:])[^\s'\"`’”:=]{1,100})<q> is not (?:an? |in |one of |the )?(?:supported |known |valid |recognized |acceptable |positive |proper |allowed )?(?:\w{1,20} )?(?:integer|number|level|port|url|boolean|value|mode|duration|choice|address|time ?zone|numeric|backend|driver|engine|environment|name|valid|supported|recognized)", 1),
)

_NEEDS_ACCESS = (
    *_errno(DENIED, "Permission denied", "EACCES", 13),
    _row(DENIED, "Java", "accessdenied", r"AccessDeniedException: <path>", 3),
    _row(DENIED, ".NET", "access to the path", r"Access to the path <q><path><q> is denied", 3),
    _row(DENIED, "programs", "not writ", r"(?<![^\s'\"`(=:])(?P<path>/[^\s'\"`:,]{1,300})<q>:? (?:is |was )?not writ(?:e?able|eable)", 2),
    _row(DENIED, "programs", "not readable", r"(?<![^\s'\"`(=:])(?P<path>/[^\s'\"`:,]{1,300})<q>:? (?:is |was )?not readable", 2),
    _row(DENIED, "programs", "cannot write", r"(?:cannot|can't|unable to|no permission to) (?:write|read)(?: to| from)?(?: the)?(?: file| directory| data directory)?[: ]{1,3}<q><path>", 1),
    _row(DENIED, "MongoDB", "read-only directory", r"lock file on a read-only directory: <path>", 3),
    _row(DENIED, "PostgreSQL", "ownership", r"data directory \"(?P<path>[^\"]{1,300})\" has (?:wrong ownership|invalid permissions)", 3),
    _row(DENIED, "programs", "permissions on", r"(?:insufficient|wrong|incorrect|bad|check (?:the )?) ?permissions (?:on|for) (?:the )?(?:file |directory )?<q><path>", 2),
)


def _read_only() -> tuple[Phrase, ...]:
    rows: list[Phrase] = []
    for words in ("Read-only file system", "Read-only filesystem", "Readonly file system"):
        rows += _errno("readonly-rootfs-write", words, "EROFS", 30)[: 5 if words == "Read-only file system" else 3]
    return tuple(rows)


_FULL = "disk-full"
_FULL_DISKS = (
    *_errno(_FULL, "No space left on device", "ENOSPC", 28),
    *_errno(_FULL, "Disk quota exceeded", "EDQUOT", 122),
    _row(_FULL, ".NET", "not enough space", r"not enough (?:free )?(?:disk )?space (?:on|in|left)(?:<gap>'(?P<path>/[^']{1,300})')?", 3),
    _row(_FULL, "SQLite", "disk is full", r"database or disk is full", 3),
    _row(_FULL, "programs", "disk", r"\b(?:disk (?:is )?full|disk full|(?:insufficient|out of|no|not enough|low on) (?:free )?disk space|disk space (?:is )?exhausted)\b"),
    _row(_FULL, "PostgreSQL", "could not extend file", r"could not extend file <q><path>", 3),
)

_AUTH = "auth-failure"
_REFUSED_LOGINS = tuple(
    _row(_AUTH, says, hint, pattern, rank)
    for says, hint, pattern, rank in (
        ("PostgreSQL", "authentication failed", r"(?:password|peer|ident|GSSAPI|LDAP|SCRAM|certificate) authentication failed for user <value>", 3),
        ("programs", "authentication fail", r"\bauthentication (?:has )?fail(?:ed|ure)\b", 2),
        ("programs", "authenticat", r"\b(?:could not|cannot|failed to|unable to|not) authenticat(?:e|ed)\b", 2),
        ("PostgreSQL", "no password supplied", r"no password supplied", 3),
        ("PostgreSQL", "does not exist", r"\brole <value> does not exist", 3),
        ("PostgreSQL", "pg_hba", r"(?:no pg_hba\.conf entry for|pg_hba\.conf rejects)", 3),
        ("MySQL/MariaDB", "access denied for user", r"Access denied for user <value>", 3),
        ("Redis", "wrongpass", r"\bWRONGPASS\b", 3),
        ("Redis", "noauth", r"\bNOAUTH\b", 3),
        ("Redis", "err auth|err invalid", r"\bERR (?:invalid password|AUTH)\b", 3),
        ("Redis", "invalid password", r"\binvalid password\b", 2),
        ("MongoDB", "authenticationfailed", r"\bAuthenticationFailed\b", 3),
        ("MongoDB", "requires authentication", r"\brequires authentication\b", 3),
        ("Kafka, SASL", "sasl", r"\bSASL\b<gap>\bfail", 2),
        ("RabbitMQ", "access_refused", r"\bACCESS_REFUSED\b", 3),
        ("SQL Server", "login failed", r"\bLogin failed(?: for (?:user )?<value>)?", 2),
        ("programs", "login", r"\blogin (?:was )?(?:refused|denied|incorrect|rejected|unsuccessful|invalid)\b", 2),
        ("programs", "fail", r"(?<![/\w])(?:login|log in|logging in|sign-?in)(?: [\w.@-]{1,40}){0,4} failed\b", 3),
        ("RabbitMQ, programs", "not allowed", r"\b(?:password|credentials)\b[^\n]{0,20}?\bnot allowed\b", 3),
        ("Oracle", "ora-01017", r"ORA-01017", 3),
        ("HTTP", "401", r"\b(?:HTTP(?:/[\d.]{1,3})?|status(?: code)?|code|error|returned|response|got)[ :=]{1,3}\(?401\b", 2),
        ("HTTP", "unauthorized", r"\b(?:401[ :(]{1,3})?unauthorized\b", 2),
        ("HTTP", "403", r"\b(?:HTTP(?:/[\d.]{1,3})?|status(?: code)?|code|error|returned|response)[ :=]{1,3}\(?403\b", 1),
        ("HTTP", "forbidden", r"\b403[ :(]{1,3}forbidden\b", 1),
        ("gRPC", "unauthenticated", r"\bunauthenticated\b", 2),
        ("programs", "credential", r"\b(?:invalid|bad|wrong|incorrect|rejected|expired|no valid|missing) (?:\w{1,20} ){0,2}credentials?\b", 2),
        ("programs", "credential", r"\bcredentials? (?:were |was |are |is |have )?(?:been )?(?:rejected|invalid|refused|expired|incorrect|not valid|denied)\b", 2),
        ("programs", "password", r"\b(?:invalid|bad|wrong|incorrect|unknown) (?:user ?name|user|login|account) (?:or|and|/) ?password\b", 3),
        ("programs", "password", r"\b(?:wrong|incorrect|bad) password\b|\bpassword (?:is |was )?(?:incorrect|rejected|wrong|mismatch|expired)\b", 3),
        ("programs", "key", r"\b(?:invalid|incorrect|bad|wrong|expired|revoked|unknown) (?:\w{1,20} )?(?:api|access|license|auth|account|secret)[ _-]?key\b", 2),
        ("programs", "api key", r"\bAPI key (?:\w{1,12} ){0,2}(?:invalid|rejected|expired|revoked|incorrect|not valid)\b", 2),
        ("programs", "token", r"\b(?:invalid|bad|expired|revoked|rejected|wrong) (?:\w{1,20} ){0,2}token\b(?! ['\"<{}])|\btoken (?:has |is |was )?(?:expired|revoked|rejected)\b", 2),
        ("AWS", "accesskeyid", r"\bInvalidAccessKeyId\b", 3),
        ("AWS", "signature", r"\b(?:SignatureDoesNotMatch|InvalidSignatureException)\b", 3),
        ("AWS", "security token", r"security token included in the request is (?:invalid|expired)", 3),
        ("AWS", "credential|imds", r"(?:Unable to locate credentials|NoCredentialProviders|Could not load credentials|no EC2 IMDS role found)", 3),
        ("OAuth", "invalid_", r"\binvalid_(?:grant|client|token)\b", 3),
        ("SSH", "publickey", r"Permission denied \((?:publickey|password|keyboard)", 3),
        ("SSH, git", "permission denied, please", r"Permission denied, please try again", 3),
        ("SMTP", "535", r"\b535[ -](?:5\.7\.\d )?", 1),
        ("Python smtplib", "smtpauth", r"SMTPAuthenticationError", 3),
        ("SQL", "permission denied for", r"permission denied for (?:table|relation|schema|database|sequence|function|view|tablespace)", 3),
        ("NATS", "authorization violation", r"Authorization Violation", 3),
        ("programs", "not authori", r"\bnot authori[sz]ed\b", 2),
        ("Elasticsearch", "security_exception", r"security_exception", 2),
    )
)

_SHELLS = r"(?:[\w./-]{1,80}: ){1,2}(?:line )?\d{1,6}: "
_COMMAND = "command-not-found"
_NAME = r"<q>(?P<word>[\w.+@-][\w./+@-]{0,200})<q>"
_MISSING_COMMANDS = tuple(
    _row(_COMMAND, says, hint, pattern, 3)
    for says, hint, pattern in (
        ("bash", "command not found", rf"{_NAME}: command not found(?!: )"),
        ("zsh", "command not found: ", r"command not found: <word>"),
        ("bash", "$'", r"\$'(?P<word>[^'\n]{0,60})\\r': command not found"),
        ("dash, busybox", ": not found", rf"^{_SHELLS}(?:exec: )?(?P<word>[^\s:]{{1,200}}): not found"),
        ("dash", "not found", r"^(?:/bin/)?(?:ba|da|a|k)?sh: (?:exec: )?(?P<word>[^\s:]{1,200}): not found"),
        ("env", "no such file", rf"\benv: {_NAME}: No such file or directory"),
        ("busybox env", "can't execute", rf"can't execute {_NAME}: No such file"),
        ("Go", "executable file not found", rf"exec: {_NAME}: executable file not found in \$PATH"),
        ("shells", "exec", rf"exec: {_NAME}: (?:cannot execute: )?not found"),
        ("tini", "exec", rf"\bexec {_NAME} failed: No such file or directory"),
        ("su-exec, setpriv", "no such file", rf"(?:su-exec|setpriv|gosu|chpst|runuser|setuidgid|dumb-init|stdbuf|nice|xargs|nohup|timeout|sudo|strace|make|start-stop-daemon)(?:: (?:fatal|error))?: (?:\[[^\]]{{1,20}}\] )?(?:failed to (?:run command|execute|exec) |unable to (?:exec|execute|start) |cannot run |can't execute )?{_NAME}:? No such file"),
        ("coreutils", "failed to run command", rf"failed to run command {_NAME}: No such file"),
        ("s6, runit", "unable to exec", rf"unable to exec(?:ute)? {_NAME}: (?:No such file|file does not exist)"),
        ("supervisor", "can't find command", rf"can't find command {_NAME}"),
        ("Python", "no such file or directory: '", r"FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<word>[\w+-]{1,60})'"),
        ("Node", "spawn", r"\bspawn (?P<word>[\w./+@-]{1,200}) ENOENT"),
        ("Ruby", "no such file or directory - ", r"No such file or directory - (?P<word>[\w+-]{1,60})(?: \(|$)"),
        ("Java", "cannot run program", rf"Cannot run program {_NAME}(?:<gap>error=2|<gap>No such file)"),
        ("Perl", "can't exec", rf"Can't exec {_NAME}: No such file"),
        ("bash", "bad interpreter", r"(?P<word>/[^\s:]{1,200}): bad interpreter"),
        ("programs", "not found in", rf"{_NAME} (?:was |is |executable |binary |command )?not found in (?:the |your )?\$?PATH"),
        ("programs", "not installed", r"\b(?:command|program|executable|binary|tool) <q>(?P<word>[\w.+-]{1,60})<q> (?:is )?not (?:found|installed)"),
    )
)
_UNRUNNABLE_COMMANDS = (
    _row("not-executable", "shells", "permission denied", rf"^{_SHELLS}<path>: Permission denied", 3),
    _row("not-executable", "env, exec", "permission denied", r"\b(?:env|exec|su-exec|gosu|setpriv|exec format)[: ]{1,2}<q><path><q>(?: failed)?: Permission denied", 3),
    _row("not-executable", "tini, runners", "failed to run command", r"failed to run command <q><path><q>: Permission denied", 3),
    _row("not-executable", "Node", "spawn", r"\bspawn (?P<path>\S{1,200}) EACCES", 3),
)

_PORT = "port-conflict"
_TAKEN_PORTS = (
    _row(_PORT, "programs", "in use", r"address (?:is )?already in use\b(?::? ?(?:\(Bind failed\)|- bind\(2\) for)? ?[^\s]{0,60}?:<port>)?", 2),
    _row(_PORT, "programs", "in use", r":<port>[\])'\"]{0,3}(?:\s?\(?[^\n]{0,60}?)address (?:is )?already in use", 3),
    _row(_PORT, "Python", "in use", r"', <port>\): (?:\[errno 98\] )?address already in use", 3),
    _row(_PORT, "Ruby", "in use", r"address already in use - bind\(2\) for <q>[^\s'\"]{1,60}<q> port <port>", 3),
    _row(_PORT, "HAProxy", "in use", r"address already in use\)? \[[^\]\s]{0,60}?:<port>\]", 3),
    _row(_PORT, "C", "in use", r"\b(?:bind|listen|address)[^\n]{0,60}?\bin use\b", 2),
    _row(_PORT, "Node", "eaddrinuse", r"EADDRINUSE(?:[^\n]{0,60}?:<port>)?", 3),
    _row(_PORT, "Rust", "addrinuse", r"\bAddrInUse\b|\bos error 98\b", 3),
    _row(_PORT, "Spring Boot, Django, Flask", "port", r"\bport <port>(?:/tcp)?:? (?:is |was )?(?:already |currently )?(?:in use|used|taken|occupied|allocated|busy)", 3),
    _row(_PORT, "Django", "port is already", r"port is already (?:in use|taken|used)", 3),
    _row(_PORT, "programs", "port", r"\bport (?:is )?(?:already )?(?:taken|in use|occupied)\b", 2),
    _row(_PORT, "gunicorn", "connection in use", r"Connection in use: \([^,)]{1,60}, <port>\)", 3),
    _row(_PORT, "Erlang", "eaddrinuse", r"\beaddrinuse\b", 2),
    _row(_PORT, "MySQL/MariaDB", "another mysqld", r"another mysqld server running on port: <port>", 3),
    _row(_PORT, ".NET", "one usage of each socket", r"Only one usage of each socket address", 3),
    _row(_PORT, "Apache", "could not bind to address", r"could not bind to address \S{0,60}?:<port>$", 2),
)

_NO_USER = (
    _row("user-not-found", "chown, su, install", "user", r"\b(?:invalid|unknown) user(?:/group)?:? <q>(?P<name>[\w.:-]{1,60})", 3),
    _row("user-not-found", "su, programs", "does not exist", r"\buser <q>(?P<name>[\w.-]{1,60})<q> does not exist", 3),
    _row("user-not-found", "nginx, daemons", "getpwnam", r"getpwnam\(<q>(?P<name>[\w.-]{1,60})<q>\) failed", 3),
    _row("user-not-found", "daemons", "find user", r"(?:can't|cannot|could not|unable to) find user:? <q>(?P<name>[\w.-]{1,60})", 3),
)

_OOM = "app-oom"
_FULL_HEAPS = tuple(
    _row(_OOM, says, hint, pattern, rank)
    for says, hint, pattern, rank in (
        ("JVM", "outofmemoryerror", r"(?:java\.lang\.)?OutOfMemoryError(?!: unable to create (?:new )?native)", 3),
        ("JVM", "java heap space", r"\bJava heap space\b", 3),
        ("JVM", "reserve enough space", r"Could not reserve enough space for", 3),
        ("JVM", "insufficient memory for the java", r"insufficient memory for the Java Runtime", 3),
        ("Node", "heap", r"(?:JavaScript heap out of memory|Reached heap limit|Ineffective mark-compacts near heap limit)", 3),
        ("Node", "array buffer allocation", r"Array buffer allocation failed", 3),
        ("Go", "runtime: ", r"runtime: (?:out of memory|cannot allocate memory|failed to reserve)", 3),
        ("Python", "memoryerror", r"\b(?!NoMemory|OutOfMemory)\w{0,40}MemoryError\b", 3),
        ("NumPy", "unable to allocate", r"Unable to allocate \S{1,20} \wi?B", 3),
        ("PHP", "allowed memory size", r"Allowed memory size of (?P<value>\d{1,20}) bytes exhausted", 3),
        ("PHP", "out of memory (allocated", r"Out of memory \(allocated", 3),
        ("Ruby", "failed to allocate memory", r"failed to allocate memory", 3),
        ("Ruby", "nomemoryerror", r"\bNoMemoryError\b", 3),
        (".NET", "outofmemoryexception", r"\bOutOfMemoryException\b|^Out of memory\.$", 3),
        ("Rust", "memory allocation of", r"memory allocation of \d{1,20} bytes failed", 3),
        ("C++", "bad_alloc", r"\bbad_alloc\b", 3),
        ("Perl, programs", "out of memory", r"\bout of memory\b", 2),
        ("libc", "cannot allocate", r"\bCannot allocate (?:\d{1,20} bytes of )?memory\b", 2),
        ("Node", "enomem", r"\bENOMEM\b", 2),
        ("Rust", "error 12", r"\bos error 12\b", 2),
        ("R", "cannot allocate vector", r"cannot allocate vector of size", 3),
        ("bison, programs", "memory exhausted", r"\bmemory exhausted\b", 2),
        ("C", "virtual memory exhausted", r"virtual memory exhausted", 3),
        ("C", "alloc", r"\b(?:x?malloc|x?realloc|x?calloc|mmap|memory allocation)\b[^\n]{0,30}?\bfail(?:ed|ure)\b|\bfailed to allocate \d{1,20} ", 2),
        ("Lua", "not enough memory", r"\bnot enough memory\b", 2),
        ("Haskell", "heap", r"\bheap (?:overflow|exhausted)\b", 2),
        ("programs", "memory limit", r"\bmemory limit\b[^\n]{0,40}?\b(?:exceeded|reached|exhausted)\b", 2),
    )
)

_ARGS = "bad-arguments"
_UNKNOWN = r"(?:unknown|unrecognized|unrecognised|invalid|unexpected|illegal|unsupported|undefined|bad|extra)"
_BAD_ARGUMENTS = tuple(
    _row(_ARGS, says, hint, pattern, rank)
    for says, hint, pattern, rank in (
        ("programs", "unknown|unrecogni|invalid|unexpected|illegal|unsupported|undefined|bad |extra", rf"\b{_UNKNOWN} (?:\w{{1,16}} ){{0,2}}?(?:flag|option|argument|switch|command|subcommand|action|cmd|verb|task|parameter|mode|operation|target)(?:\(s\)|s)?\b(?: --)?[:=]{{0,1}} {{0,2}}(?:-- )?<flag>", 3),
        ("programs", "--", rf"\b{_UNKNOWN}[: ]{{1,2}}<q>(?P<word>--?[a-z][\w=.-]{{0,80}})", 3),
        ("cobra", "shorthand flag", r"unknown shorthand flag: <q>\w<q> in (?P<word>-\S{1,60})", 3),
        ("Go flag", "flag provided but not defined", r"flag provided but not defined: (?P<word>-\S{1,80})", 3),
        ("Go flag", "for flag", r"invalid (?:boolean )?(?:value|argument) <value> for <q>?(?:flag )?(?P<word>-\S{1,80}?)<q>(?: flag)?:", 3),
        ("argparse", "unrecognized arguments", r"unrecognized arguments: (?P<word>\S{1,100})", 3),
        ("argparse", "argument ", r"\berror: (?:ambiguous |argument )\S{1,80}?: ", 3),
        ("argparse", "invalid choice", r"invalid choice: <q>(?P<word>[^'\"\s]{1,100})", 3),
        ("argparse, clap", "required", r"(?:the following (?:required )?arguments (?:are required|were not provided)|required flag\(s\)|required (?:option|argument)s?\b|one of the arguments .{1,80}? is required)", 3),
        ("click", "no such ", r"No such (?:option|command)[: ]{1,2}<flag>", 3),
        ("click", "missing ", r"\bMissing (?:required )?(?:option|argument|parameter|command|subcommand|operand|flag)s?\b(?:[: ]{1,2}<flag>)?", 3),
        ("click", "extra argument", r"Got unexpected extra arguments? \(<flag>", 3),
        ("click", "invalid value for '", r"Invalid value for '(?P<word>-{1,2}[^'\s]{1,80})", 3),
        ("clap", "argument", r"(?:unexpected argument|unrecognized subcommand|Found argument) <q>(?P<word>[^'\"\s]{1,100})", 3),
        ("getopt", "option", r"(?:unrecognized|invalid|illegal|unknown|bad) option:? (?:-- )?<flag>", 3),
        ("getopt", "requires ", r"option <q>(?:-- )?\S{0,60}<q> ?requires an? (?:argument|value|parameter)|requires (?:at least|exactly) \d{1,2} arg", 3),
        ("JVM", "vm option", r"Unrecognized VM option <q>(?P<word>[^'\s]{1,80})", 3),
        ("JVM", "invalid ", r"Invalid (?:maximum|initial) heap size: (?P<word>\S{1,60})", 3),
        ("Perl, picocli", "unknown option", r"Unknown options?: <flag>", 3),
        (".NET", "command or argument", r"Unrecognized command or argument <flag>", 3),
        ("kingpin", "expected command", r"expected command but got <flag>", 3),
        ("picocli", "unmatched argument", r"Unmatched arguments? (?:at index \d{1,3}: )?(?:from index \d{1,3}: )?<flag>", 3),
        ("thor", "could not find command", r"Could not find command <flag>", 3),
        ("Symfony", "is not defined", r"Command <q>(?P<word>[\w:.-]{1,80})<q> is not defined", 3),
        ("Symfony", "option does not exist", r"The <q>(?P<word>--?[\w-]{1,80})<q> option does not exist", 3),
        ("programs", "is not a", r"<q>(?P<word>(?<![^\s'\"`])[\w./-]{1,80})<q> is not an? (?:\w{1,20} )?(?:command|subcommand|option|flag)\b", 2),
        ("programs", "argument", r"\b(?:too (?:many|few)|wrong number of|not enough|missing) (?:\w{1,12} )?(?:arguments?|operands?|parameters?)\b", 2),
        ("programs", "usage", r"^\W{0,3}(?:usage|synopsis):? {1,3}\S", 1),
        ("programs", "usage", r"^\W{0,3}usage: ?$", 1),
    )
)

_NEEDS_CAPABILITY = (
    *_errno(NOT_PERMITTED, "Operation not permitted", "EPERM", 1),
    _row(NOT_PERMITTED, "programs", "root|super", r"\b(?:must|needs? to|has to|have to|should) be (?:run |started |executed )?(?:as |by )?(?:the )?(?:root|super-?user)\b|\bare you root\b|\byou must be root\b|requires? (?:root|superuser)(?: privileges)?", 2),
    _row(NOT_PERMITTED, "programs", "capabilit|net_|sys_|ipc_lock", r"\b(?:missing|requires?|needs?|lacks?|without|add|grant)[^\n]{0,40}?\b(?:CAP_)?(?P<cap>(?-i:(?:CAP_)[A-Z_]{2,24}|NET_ADMIN|SYS_ADMIN|NET_RAW|SYS_TIME|SYS_PTRACE|IPC_LOCK))\b", 3),
    _row(NOT_PERMITTED, "programs", "cap_", r"\b(?P<cap>(?-i:CAP_[A-Z_]{2,24}))\b", 2),
    _row(NOT_PERMITTED, "programs", "bind|listen", r"\b(?:bind|binding|listen)\b[^\n]{0,80}?(?::<port>\b)?[^\n]{0,60}?permission denied", 3),
    _row(NOT_PERMITTED, "Node", "listen eacces", r"listen EACCES: permission denied[^\n]{0,60}?:<port>", 3),
    _row(NOT_PERMITTED, "Apache, programs", "permission denied", r"permission denied[^\n]{0,80}?\b(?:could not bind|bind\(2\)|make_sock|binding|bind on)\b(?:[^\n]{0,60}?(?::| port )<port>\b)?", 3),
    _row(NOT_PERMITTED, "HAProxy", "cannot bind socket (permission", r"cannot bind socket \(Permission denied\)(?:[^\n]{0,60}?:<port>\b)?", 3),
)

_NOT_OURS = (
    _row("entrypoint-missing", "runc", "exec /", r"^exec /\S{1,300}: no such file or directory", 3),
    _row("not-executable", "runc", "exec /", r"^exec (?P<path>/\S{1,300}): permission denied", 3),
    _row("dns-failure", "libc, Python", "name", r"(?:Temporary failure in name resolution|Name or service not known|Name does not resolve|could not translate host name|nodename nor servname|No address associated with hostname)", 3),
    _row("dns-failure", "programs", "host|getaddrinfo|bad address|unable to resolve", r"(?:no such host|unknown ?host|getaddrinfo|host not found|could not resolve host|bad address|unable to resolve)", 3),
    _row("dns-failure", "Node", "enotfound", r"\bE(?:NOTFOUND|AI_AGAIN)\b", 3),
    _row("dns-failure", "Node", "eai_again", r"\bEAI_AGAIN\b", 3),
    _row("dead-dependency", "programs", "refused", r"connect(?:ion|ions)?\b[^\n]{0,60}?\brefused\b|\brefused\b[^\n]{0,40}?\bconnection", 2),
    _row("dead-dependency", "Node", "econnrefused|ehostunreach|etimedout", r"\bE(?:CONNREFUSED|HOSTUNREACH|TIMEDOUT)\b", 2),
    _row("dead-dependency", "programs", "timed out", r"\bconnect(?:ion|ing)?\b[^\n]{0,60}?\btimed out\b", 2),
    _row("dead-dependency", "programs", "no route to host", r"no route to host", 2),
    _row("pids-limit-hit", "libc", "resource temporarily unavailable", r"(?:fork|clone|thread|process|spawn)[^\n]{0,80}?Resource temporarily unavailable", 3),
    _row("pids-limit-hit", "JVM, Go", "thread", r"unable to create (?:new )?native thread|failed to create new OS thread|can't start new thread", 3),
    _row("fd-leak", "libc", "too many open files", r"Too many open files", 3),
    _row("fd-leak", "Node", "emfile", r"\bEMFILE\b", 3),
    _row("mount-type-mismatch", "libc", "is a directory", r"(?<![^\s'\"`(=:])(?P<path>[^\s'\"`:,]{1,300})<q>(?:<no errno>)Is a directory", 3),
    _row("mount-type-mismatch", "Python, Node", "is a directory", r"is a directory(?:[:,] (?:\w{1,12} )?)<q><path>", 3),
    _row("exec-format-error", "shells, runc", "exec format error", r"exec format error|cannot execute binary file", 3),
)

PHRASES: tuple[Phrase, ...] = (
    *_MISSING_CONFIG,
    *_MISSING_FILES,
    *_INVALID_CONFIG,
    *_MISSING_VARIABLES,
    *_BAD_VALUES,
    *_NEEDS_ACCESS,
    *_read_only(),
    *_FULL_DISKS,
    *_REFUSED_LOGINS,
    *_MISSING_COMMANDS,
    *_UNRUNNABLE_COMMANDS,
    *_TAKEN_PORTS,
    *_FULL_HEAPS,
    *_NO_USER,
    *_BAD_ARGUMENTS,
    *_NEEDS_CAPABILITY,
    *_NOT_OURS,
)
"""Every wording. Those of causes that other rules find are here too: what is said of them is not said of ours."""

OPERATIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), capability)
    for pattern, capability in (
        (r"\b(?:l?chown|fchown(?:at)?)\b|changing (?:ownership|group)|change (?:owner|group)|\bchgrp\b", "CHOWN"),
        (r"\b(?:f?chmod|utimes?|utimensat)\b|changing permissions|change permissions|setting (?:times|permissions)", "FOWNER"),
        (r"\b(?:iptables|ip6tables|nft|nftables|ipset|tc|brctl|wg|wg-quick|ifconfig|RTNETLINK|netlink|TUNSETIFF|tun|tap|ip link|ip addr|ip route|ipvs|xtables)\b|/dev/net/tun|rule set generation", "NET_ADMIN"),
        (r"\b(?:ping|raw socket|SOCK_RAW|AF_PACKET|PF_PACKET|tcpdump|pcap|packet socket|icmp|arping|traceroute|nmap)\b|\bsocket\b", "NET_RAW"),
        (r"\b(?:clock_settime|settimeofday|adjtimex|ntp_adjtime|clock_adjtime|hwclock|stime|ntpd?|chronyd?)\b|set (?:the )?(?:date|time|clock|system time|system clock)|\bdate:", "SYS_TIME"),
        (r"\b(?:setuid|seteuid|setresuid|setreuid)\b|switch(?:ing)? (?:to )?user|drop(?:ping)? privileges", "SETUID"),
        (r"\b(?:setgid|setegid|setgroups|initgroups|setresgid|su-exec|gosu|setpriv)\b|set (?:groups|gid)", "SETGID"),
        (r"\b(?:setpriority|sched_set\w{1,20}|nice|renice|chrt|ioprio)\b|scheduling", "SYS_NICE"),
        (r"\b(?:ptrace|strace|gdb|process_vm_readv|pidfd_getfd)\b", "SYS_PTRACE"),
        (r"\b(?:mlock(?:all)?|lock memory|memlock|shm_hugetlb)\b", "IPC_LOCK"),
        (r"\b(?:modprobe|insmod|init_module|finit_module|rmmod)\b", "SYS_MODULE"),
        (r"\bmknod\b", "MKNOD"),
        (r"\bchroot\b", "SYS_CHROOT"),
        (r"\b(?:setrlimit|ulimit|prlimit|rlimit)\b|open files: cannot modify limit", "SYS_RESOURCE"),
        (r"\b(?:bpf|perf_event_open|ebpf|kprobe)\b", "BPF"),
        (r"\b(?:syslog|dmesg|klogctl|kmsg)\b", "SYSLOG"),
        (r"\b(?:setcap|cap_set_file)\b", "SETFCAP"),
        (r"\breboot\b", "SYS_BOOT"),
        (r"\b(?:bind|binding|listen)\b", "NET_BIND_SERVICE"),
        (r"\b(?:u?mount|setns|unshare|pivot_root|sethostname|hostname|nsenter|swapon|swapoff|losetup|fusermount|quotactl|cgroup|namespaces?|clone|sysctl|fuse|loop device|overlay)\b", "SYS_ADMIN"),
        (r"\bkill\b", "KILL"),
    )
)
"""What needs a capability, as programs name it, and which; the first that is named in a line is meant."""
