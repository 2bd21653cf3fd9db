#include "component/muc/parts.h"

#include <stdlib.h>
#include <string.h>

/* The owner's form. XEP-0045 #roomconfig, #registrar-formtype-owner */

/* Members-only with non-anonymous is what clients call a private group: only there do they notify
 * of every message, show who types and send read markers. */
const struct muc_config muc_config_chat = {.name = "",
                                           .description = "",
                                           .lang = "",
                                           .password = "",
                                           .persistent = true,
                                           .moderated = true,
                                           .members_only = true,
                                           .nonanonymous = true,
                                           .allow_invites = true,
                                           .allow_pm = "anyone",
                                           .show_moderators = true,
                                           .show_participants = true,
                                           .show_visitors = true,
                                           .history = 100};

const struct muc_config *muc_config_of(const struct muc_room *r)
{
    return r->config != NULL ? r->config : &muc_config_chat;
}

#define CONFIG "muc#roomconfig_"

/* ---- writing --------------------------------------------------------------------------------- */

static struct xml *field(struct arena *a, struct xml *form, const char *var, const char *type,
                         const char *label)
{
    struct xml *x = xml_child(a, form, "field", NULL);

    xml_attr(a, x, "var", var);
    xml_attr(a, x, "type", type);
    xml_attr(a, x, "label", label);
    return x;
}

static void put_text(struct arena *a, struct xml *form, const char *var, const char *type,
                     const char *label, const char *value)
{
    xml_child_text(a, field(a, form, var, type, label), "value", NULL, value);
}

static void put_bool(struct arena *a, struct xml *form, const char *var, const char *label,
                     bool value)
{
    put_text(a, form, var, "boolean", label, value ? "1" : "0");
}

/* options: ends with NULL. value NULL: several may be chosen, and are put by the caller. */
static struct xml *put_list(struct arena *a, struct xml *form, const char *var, const char *label,
                            const char *const *options, const char *value)
{
    struct xml *x = field(a, form, var, value != NULL ? "list-single" : "list-multi", label);

    if (value != NULL)
        xml_child_text(a, x, "value", NULL, value);
    for (; *options != NULL; options++) {
        struct xml *option = xml_child(a, x, "option", NULL);

        xml_attr(a, option, "label", *options[0] != '\0' ? *options : "default");
        xml_child_text(a, option, "value", NULL, *options);
    }
    return x;
}

static void put_jids(struct arena *a, struct xml *form, const char *var, const char *label,
                     const char *const *jids, size_t n)
{
    struct xml *x = field(a, form, var, "jid-multi", label);

    for (size_t i = 0; i < n; i++)
        xml_child_text(a, x, "value", NULL, jids[i]);
}

static void put_broadcast(struct arena *a, struct xml *form, const struct muc_config *c)
{
    static const char *const roles[] = {"moderator", "participant", "visitor", NULL};
    const bool shown[] = {c->show_moderators, c->show_participants, c->show_visitors};
    struct xml *x =
        put_list(a, form, CONFIG "presencebroadcast", "Roles whose presence is shown", roles, NULL);

    for (size_t i = 0; i < 3; i++)
        if (shown[i])
            xml_child_text(a, x, "value", NULL, roles[i]);
}

static void put_rules(struct arena *a, struct xml *form, const struct muc_config *c)
{
    static const char *const whois[] = {"moderators", "anyone", NULL};
    static const char *const pm[] = {"anyone", "participants", "moderators", "none", NULL};
    static const char *const users[] = {"0", "5", "10", "20", "50", "100", "200", "500", NULL};

    put_bool(a, form, CONFIG "publicroom", "Listed for those who look for rooms", c->listed);
    put_bool(a, form, CONFIG "persistentroom", "Stays when the last one leaves", c->persistent);
    put_bool(a, form, CONFIG "moderatedroom", "Only who has a voice may write", c->moderated);
    put_bool(a, form, CONFIG "membersonly", "For members only", c->members_only);
    put_list(a, form, CONFIG "whois", "Who sees addresses", whois,
             c->nonanonymous ? "anyone" : "moderators");
    put_list(a, form, CONFIG "maxusers", "How many may be in it (0: no limit)", users,
             arena_printf(a, "%d", c->max_users));
    put_bool(a, form, CONFIG "passwordprotectedroom", "Wants a password", c->password[0] != '\0');
    put_text(a, form, CONFIG "roomsecret", "text-private", "The password", c->password);
    put_bool(a, form, CONFIG "changesubject", "Everybody may change the subject",
             c->change_subject);
    put_bool(a, form, CONFIG "allowinvites", "Everybody may invite", c->allow_invites);
    put_list(a, form, CONFIG "allowpm", "Who may write privately", pm, c->allow_pm);
    put_bool(a, form, CONFIG "enablelogging", "Say that the log is public", c->logging);
    put_text(a, form, "muc#maxhistoryfetch", "text-single", "Lines shown to who comes in",
             arena_printf(a, "%d", c->history));
}

void muc_reply_config(struct muc_out *o, const struct muc_intent *i, const struct muc_setup *setup)
{
    struct arena *a = o->arena;
    const struct muc_config *c = &setup->config;
    struct xml *iq = stanza_result(i->in);
    struct xml *query = xml_child(a, iq, "query", NS_MUC_OWNER);
    struct xml *form = xml_child(a, query, "x", NS_FORM);

    xml_attr(a, form, "type", "form");
    xml_child_text(a, form, "title", NULL, "Room configuration");
    put_text(a, form, "FORM_TYPE", "hidden", NULL, NS_MUC "#roomconfig");
    put_text(a, form, CONFIG "roomname", "text-single", "Name", c->name);
    put_text(a, form, CONFIG "roomdesc", "text-single", "Description", c->description);
    put_text(a, form, CONFIG "lang", "text-single", "Language", c->lang);
    put_rules(a, form, c);
    put_broadcast(a, form, c);
    put_jids(a, form, CONFIG "roomadmins", "Administrators", setup->admins, setup->n_admins);
    put_jids(a, form, CONFIG "roomowners", "Owners", setup->owners, setup->n_owners);
    o->send(o->ctx, iq);
}

/* ---- reading --------------------------------------------------------------------------------- */

#define JIDS_MAX 100

struct reader {
    struct arena *a;
    const struct xml *form;
    bool wrong;
};

static const struct xml *find(const struct reader *r, const char *var)
{
    for (const struct xml *x = xml_find(r->form, "field", NS_FORM); x != NULL;
         x = xml_find_next(x, "field", NS_FORM)) {
        const char *name = xml_get(x, "var");

        if (name != NULL && strcmp(name, var) == 0)
            return x;
    }
    return NULL;
}

/* The first value; NULL when the field is not there. */
static const char *value_of(const struct reader *r, const char *var)
{
    const struct xml *x = find(r, var);
    const struct xml *value = x != NULL ? xml_find(x, "value", NS_FORM) : NULL;

    if (x == NULL)
        return NULL;
    return value != NULL ? xml_content(r->a, value) : "";
}

static void take_text(const struct reader *r, const char *var, const char **out)
{
    const char *value = value_of(r, var);

    if (value != NULL)
        *out = value;
}

static void take_bool(struct reader *r, const char *var, bool *out)
{
    const char *value = value_of(r, var);

    if (value == NULL || value[0] == '\0')
        return;
    if (strcmp(value, "1") == 0 || strcmp(value, "true") == 0)
        *out = true;
    else if (strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
        *out = false;
    else
        r->wrong = true;
}

/* "none" and "" mean no limit. */
static void take_number(struct reader *r, const char *var, int *out)
{
    const char *value = value_of(r, var);

    if (value == NULL)
        return;
    if (value[0] == '\0' || strcmp(value, "none") == 0)
        *out = 0;
    else if (value[strspn(value, "0123456789")] != '\0' || strlen(value) > 6)
        r->wrong = true;
    else
        *out = (int)strtol(value, NULL, 10);
}

static void take_word(struct reader *r, const char *var, const char *const *words, const char **out)
{
    const char *value = value_of(r, var);

    if (value == NULL)
        return;
    for (; *words != NULL; words++) {
        if (strcmp(value, *words) == 0) {
            *out = *words;
            return;
        }
    }
    r->wrong = true;
}

static void take_broadcast(struct reader *r, struct muc_config *c)
{
    const struct xml *x = find(r, CONFIG "presencebroadcast");

    if (x == NULL)
        return;
    c->show_moderators = c->show_participants = c->show_visitors = false;
    for (x = xml_find(x, "value", NS_FORM); x != NULL; x = xml_find_next(x, "value", NS_FORM)) {
        const char *role = xml_content(r->a, x);

        if (strcmp(role, "moderator") == 0)
            c->show_moderators = true;
        else if (strcmp(role, "participant") == 0)
            c->show_participants = true;
        else if (strcmp(role, "visitor") == 0)
            c->show_visitors = true;
        else
            r->wrong = true;
    }
}

static void take_jids(struct reader *r, const char *var, const char *const **out, size_t *n)
{
    const struct xml *x = find(r, var);
    const char **jids;
    struct jid who;

    *out = NULL;
    *n = 0;
    if (x == NULL)
        return;
    jids = arena_array(r->a, const char *, JIDS_MAX);
    for (x = xml_find(x, "value", NS_FORM); x != NULL; x = xml_find_next(x, "value", NS_FORM)) {
        if (*n == JIDS_MAX || jid_parse(r->a, xml_content(r->a, x), &who) != OK)
            r->wrong = true;
        else
            jids[(*n)++] = who.bare;
    }
    *out = jids;
}

/* A room is protected when it says so and there is a password; taking either away opens it. */
static void take_password(struct reader *r, struct muc_config *c)
{
    bool wanted = c->password[0] != '\0' || value_of(r, CONFIG "roomsecret") != NULL;

    take_bool(r, CONFIG "passwordprotectedroom", &wanted);
    take_text(r, CONFIG "roomsecret", &c->password);
    if (!wanted)
        c->password = "";
    else if (c->password[0] == '\0' && value_of(r, CONFIG "passwordprotectedroom") != NULL)
        r->wrong = true;
}

enum err muc_read_config(const struct muc_intent *i, struct muc_setup *setup)
{
    static const char *const whois[] = {"moderators", "anyone", NULL};
    static const char *const pm[] = {"anyone", "participants", "moderators", "none", NULL};
    struct reader r = {.a = i->in->arena, .form = i->form};
    struct muc_config *c = &setup->config;
    const char *type = value_of(&r, "FORM_TYPE"), *seen = c->nonanonymous ? whois[1] : whois[0];

    if (type != NULL && strcmp(type, NS_MUC "#roomconfig") != 0)
        return ERR_INVALID;
    take_text(&r, CONFIG "roomname", &c->name);
    take_text(&r, CONFIG "roomdesc", &c->description);
    take_text(&r, CONFIG "lang", &c->lang);
    take_bool(&r, CONFIG "publicroom", &c->listed);
    take_bool(&r, CONFIG "persistentroom", &c->persistent);
    take_bool(&r, CONFIG "moderatedroom", &c->moderated);
    take_bool(&r, CONFIG "membersonly", &c->members_only);
    take_bool(&r, CONFIG "changesubject", &c->change_subject);
    take_bool(&r, CONFIG "allowinvites", &c->allow_invites);
    take_bool(&r, CONFIG "enablelogging", &c->logging);
    take_number(&r, CONFIG "maxusers", &c->max_users);
    take_number(&r, "muc#maxhistoryfetch", &c->history);
    take_number(&r, CONFIG "historylength", &c->history);
    take_word(&r, CONFIG "whois", whois, &seen);
    take_word(&r, CONFIG "allowpm", pm, &c->allow_pm);
    take_broadcast(&r, c);
    take_password(&r, c);
    take_jids(&r, CONFIG "roomowners", &setup->owners, &setup->n_owners);
    take_jids(&r, CONFIG "roomadmins", &setup->admins, &setup->n_admins);
    c->nonanonymous = strcmp(seen, "anyone") == 0;
    return r.wrong ? ERR_INVALID : OK;
}
