#include "config/setting.h"

#include "config/check.h"

#include <stdio.h>
#include <string.h>

#define PUBLIC_URL_MUST "http(s)://HOST[:PORT] in lower case, without a usual port, or \"\""
#define AT(field) offsetof(struct full, field)
#define TEXT(path, field, def, check, must, meaning)                                               \
    {                                                                                              \
        path, SETTING_TEXT, AT(field), def, 0, 0, 0, check, must, meaning, false                   \
    }
#define FILLED(path, field, def, meaning)                                                          \
    TEXT(path, field, def, check_filled, "text that is not empty", meaning)
#define WORD(path, field, def, words, meaning)                                                     \
    {                                                                                              \
        path, SETTING_WORD, AT(field), def, 0, 0, 0, NULL, words, meaning, false                   \
    }
#define INT(path, field, def, least, most, meaning)                                                \
    {                                                                                              \
        path, SETTING_INT, AT(field), "", def, least, most, NULL, "", meaning, false               \
    }

const struct setting setting_table[] = {
    TEXT("http.listen", c.http.listen, "127.0.0.1:8480", check_listen,
         "127.0.0.1:8480, [::1]:8480 or unix:PATH", "Where browsers or the reverse proxy connect."),
    TEXT("http.public_url", c.http.public_url, "", check_public_url, PUBLIC_URL_MUST,
         "The address that browsers see; \"\" means http://LISTEN."),
    {"http.trusted_proxies", SETTING_LIST, AT(c.http.trusted_proxies), "", 0, 0, 0, check_proxy,
     "a list of numeric addresses, perhaps with /BITS",
     "Whose X-Forwarded-For is believed; a local socket's always is.", false},

    FILLED("xmpp.host", c.xmpp.host, "127.0.0.1", "The XMPP server's component listener."),
    INT("xmpp.port", c.xmpp.port, 5347, 1, 65535, "Its port."),
    TEXT("xmpp.domain", c.xmpp.domain, "support.localhost", check_domain, "a domain in lower case",
         "Our domain, as the server's configuration names it."),
    {"xmpp.secret", SETTING_TEXT, AT(c.xmpp.secret), "", 0, 0, 0, NULL, "text",
     "The component's password. Better: secret_file, or PARLEY_XMPP_SECRET in the environment, "
     "which wins. Without any of them there is no XMPP side.",
     true},
    TEXT("xmpp.secret_file", secret_file, "", NULL, "a path or \"\"",
         "File that holds the password; nobody but its owner may have any right on it."),
    {"xmpp.pause_max_ms", SETTING_INT64, AT(c.xmpp.pause_max_ms), "", 60000, 100, 3600000, NULL, "",
     "Longest pause between two attempts to connect, in milliseconds.", false},
    WORD("xmpp.claim_on", c.xmpp.claim_on, "join", "join|message|command",
         "What makes a waiting chat an agent's own."),
    WORD("xmpp.staff_rooms", c.xmpp.staff_rooms, "agents", "off|agents|anyone",
         "Who may make rooms of their own in the service, and enter them."),
    FILLED("xmpp.room_name", c.xmpp.room_name, "Customer Support",
           "How the service is called in the agents' clients."),

    TEXT("upload.domain", c.upload.domain, "", check_upload_domain,
         "a domain in lower case or \"\"",
         "Domain of a second component, by which agents' clients upload files (XEP-0363); \"\" "
         "means "
         "there is none. It wants xmpp.secret and http.public_url."),
    {"upload.secret", SETTING_TEXT, AT(c.upload.secret), "", 0, 0, 0, NULL, "text",
     "Its component's password, if it is another one. Better: secret_file.", true},
    TEXT("upload.secret_file", upload_secret_file, "", NULL, "a path or \"\"",
         "File that holds it; \"\" means the password of xmpp."),
    FILLED("upload.name", c.upload.name, "File Upload", "How clients show the service."),
    {"upload.file_bytes", SETTING_INT64, AT(c.upload.file_bytes), "", 16777216, 1024,
     INT64_C(1) << 40, NULL, "", "Bytes of one file.", false},
    {"upload.bytes_per_day", SETTING_INT64, AT(c.upload.bytes_per_day), "", 268435456, 1024,
     INT64_C(1) << 50, NULL, "",
     "Bytes that one agent, one chat's customer, and customers of one address may upload in 24 "
     "hours.",
     false},

    FILLED("store.path", c.store.path, "parley.db", "The database file."),
    TEXT("store.control", c.store.control, "", NULL, "a path or \"\"",
         "Socket for commands to the daemon; \"\" means store.path with \".sock\" behind it."),
    INT("store.retention_days", c.store.retention_days, 0, 0, 36500,
        "Chats that were over for so many days are erased; 0 never."),
    INT("store.min_free_mb", c.store.min_free_mb, 256, 0, 1048576,
        "MiB that must be free on the database's disk for new chats, and a quarter of it for "
        "messages; 0 means that it does not matter."),
    TEXT("store.files", c.store.files, "", NULL, "a path or \"\"",
         "Folder of uploaded files; \"\" means store.path with \".files\" behind it."),

    WORD(
        "assistant.mode", c.assistant.mode, "builtin", "builtin|openai|off",
        "Who answers first: rules and questions from assistant.faq_file; a language model, and the "
        "rules while it does not answer; or nobody."),
    FILLED("assistant.name", c.assistant.name, "Assistant", "How customers see it."),
    TEXT("assistant.faq_file", c.assistant.faq_file, "", NULL, "a path or \"\"",
         "JSON file of the site's questions and answers; \"\" means none."),
    TEXT("assistant.url", c.assistant.url, "", check_url, "http(s)://HOST[:PORT][/PATH] or \"\"",
         "Of the model's server, without /chat/completions: \"http://127.0.0.1:11434/v1\"."),
    TEXT("assistant.model", c.assistant.model, "", NULL, "text", "The model's name there."),
    TEXT("assistant.key_file", key_file, "", NULL, "a path or \"\"",
         "File that holds the key for that server, as xmpp.secret_file; \"\" means it wants none."),
    TEXT("assistant.instructions_file", instructions_file, "", NULL, "a path or \"\"",
         "File with what the model should know about the site and how to answer; \"\" means none."),
    INT("assistant.first_token_timeout", c.assistant.first_token_timeout, 10, 1, 600,
        "Seconds until the model must have begun to answer."),
    INT("assistant.total_timeout", c.assistant.total_timeout, 60, 1, 3600,
        "Seconds until its answer must be whole."),
    INT("assistant.messages_per_chat", c.assistant.messages_per_chat, 200, 0, 1000000,
        "After so many messages of a chat only the rules answer; 0 means any number."),
    INT("assistant.questions_per_day", c.assistant.questions_per_day, 0, 0, 1000000000,
        "How often the model is asked in 24 hours, counted since the start; 0 means any number."),

    INT("limits.chats_per_minute", c.limits.chats_per_minute, 5, 1, 100000,
        "New chats of one address."),
    INT("limits.messages_per_minute", c.limits.messages_per_minute, 30, 1, 100000,
        "A customer's messages in one chat."),
    INT("limits.messages_burst", c.limits.messages_burst, 10, 1, 100000,
        "How many of them may come at once."),
    INT("limits.escalations_per_hour", c.limits.escalations_per_hour, 3, 1, 100000,
        "A customer's calls for a person in one chat, and ends of a chat that people were asked "
        "for."),
    INT("limits.streams_per_chat", c.limits.streams_per_chat, 6, 1, 100000,
        "Event streams of one chat's customer at once."),
    INT("limits.streams_per_address", c.limits.streams_per_address, 50, 1, 1000000,
        "Event streams of one address at once."),
    INT("limits.bad_tokens_per_minute", c.limits.bad_tokens_per_minute, 20, 1, 100000,
        "Wrong credentials of one address."),
    INT("limits.logins_per_minute", c.limits.logins_per_minute, 10, 1, 100000,
        "logins to the console tried from one address; an agent is asked a third as often"),
    INT("limits.connections", c.limits.connections, 1024, 8, 100000,
        "HTTP connections at once; event streams do not count."),
    INT("limits.streams", c.limits.streams, 10000, 8, 1000000, "Event streams at once."),
    INT("limits.body_bytes", c.limits.body_bytes, 65536, 1024, 1048576, "Bytes of a request body."),
    INT("limits.header_seconds", c.limits.header_seconds, 5, 1, 600,
        "Time for a request's headers to arrive."),
    INT("limits.body_seconds", c.limits.body_seconds, 10, 1, 600, "Time for its body to arrive."),
    INT("limits.unsent_seconds", c.limits.unsent_seconds, 30, 1, 600,
        "How long an event stream's or an answer's reader may take nothing, and the XMPP server's "
        "host acknowledge nothing."),
    INT("limits.heartbeat_seconds", c.limits.heartbeat_seconds, 15, 1, 300,
        "Between two comments on a quiet event stream."),
    INT("limits.linger_hours", c.limits.linger_hours, 24, 0, 8760,
        "How long a message of the customer reopens a closed chat."),
    INT("limits.grace_seconds", c.limits.grace_seconds, 120, 0, 86400,
        "The agent who has a chat is out of its room for so long: the chat waits again; 0 never."),
    INT("limits.offer_seconds", c.limits.offer_seconds, 60, 5, 3600,
        "How long an agent may take to accept a chat that another one offers."),

    FILLED("texts.waiting", c.texts.waiting,
           "⏱️ Connecting you to a support agent. Please wait...",
           "Shown when the customer has asked for a person."),
    TEXT("texts.agent_joined", c.texts.agent_joined, "✅ Support Agent %s has joined the chat",
         check_name_text, "text with exactly one %s and no other %", "%s is the agent's name."),
    TEXT("texts.agent_left", c.texts.agent_left, "Support Agent %s has left the chat",
         check_name_text, "text with exactly one %s and no other %", "%s is the agent's name."),
    FILLED("texts.closed", c.texts.closed, "This chat has been closed.", "Shown when a chat ends."),
    FILLED("texts.reopened", c.texts.reopened, "This chat has been reopened.",
           "Shown when a message of the customer opens it again."),
    FILLED("texts.offer", c.texts.offer, "Connect with Customer Support",
           "The button that asks for a person."),

    WORD("log.level", level, "info", "debug|info|warn|error", "The least that is logged."),
};

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

const char setting_organizations_meaning[] =
    "Created or updated at start, read-only to commands: ( {name = \"shop\"; title = \"Shop\"; "
    "origins = [\"https://shop.example\"]; identity_secret_file = \"PATH\";}, ... ); the file "
    "holds "
    "what the site signs its users' identities with.";

void *setting_place(const struct setting *s, struct full *f)
{
    return (char *)f + s->offset;
}

const char *setting_text(const struct setting *s, const struct full *f)
{
    return *(const char *const *)((const char *)f + s->offset);
}

int64_t setting_number(const struct setting *s, const struct full *f)
{
    const char *at = (const char *)f + s->offset;

    return s->kind == SETTING_INT ? *(const int *)at : *(const int64_t *)at;
}

void setting_defaults(struct full *f)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &setting_table[i];

        switch (s->kind) {
        case SETTING_TEXT:
        case SETTING_WORD:
        case SETTING_LIST:
            *(const char **)setting_place(s, f) = s->text;
            break;
        case SETTING_INT:
            *(int *)setting_place(s, f) = (int)s->number;
            break;
        case SETTING_INT64:
            *(int64_t *)setting_place(s, f) = s->number;
            break;
        }
    }
    f->c.assistant.faq = f->c.assistant.key = f->c.assistant.instructions = "";
}

const struct setting *setting_find(const char *path)
{
    for (size_t i = 0; i < setting_count; i++) {
        if (strcmp(setting_table[i].path, path) == 0)
            return &setting_table[i];
    }
    return NULL;
}

size_t setting_group_len(const char *path)
{
    return strcspn(path, ".");
}

bool setting_is_group(const char *name)
{
    for (size_t i = 0; i < setting_count; i++) {
        size_t len = setting_group_len(setting_table[i].path);

        if (strlen(name) == len && strncmp(setting_table[i].path, name, len) == 0)
            return true;
    }
    return false;
}

bool setting_allows(const struct setting *s, const char *word)
{
    size_t len = strlen(word);

    for (const char *w = s->must; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL) {
        if (len > 0 && strcspn(w, "|") == len && strncmp(w, word, len) == 0)
            return true;
    }
    return false;
}

static const char *last_word(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

static const char *nearest_group(const char *name)
{
    static char best[32];
    size_t best_cost = 3;

    for (size_t i = 0; i < setting_count; i++) {
        const char *path = setting_table[i].path;
        char group[32];
        size_t cost;

        snprintf(group, sizeof(group), "%.*s", (int)setting_group_len(path), path);
        cost = check_distance(name, group);
        if (cost < best_cost) {
            memcpy(best, group, sizeof(best));
            best_cost = cost;
        }
    }
    return best_cost < 3 ? best : NULL;
}

const char *setting_nearest(const char *path, bool group)
{
    const char *best = group ? nearest_group(path) : NULL;
    size_t best_cost = 4;

    if (best)
        return best;
    if (check_distance(path, SETTING_ORGANIZATIONS) < best_cost)
        return SETTING_ORGANIZATIONS;
    for (size_t i = 0; i < setting_count; i++) {
        const char *known = setting_table[i].path;
        size_t cost = check_distance(path, known);

        if (strcmp(last_word(path), last_word(known)) == 0 && cost > 2)
            cost = 2;
        if (cost < best_cost) {
            best = known;
            best_cost = cost;
        }
    }
    return best;
}
