#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "json/writer.h"

static void print_json(Call *call)
{
    Writer w = writer_start(call->arena);

    write_object(&w);
    for (size_t i = 0; i < config_setting_count; i++) {
        const ConfigOrigin *origin = &call->config->origins[i];
        write_key(&w, config_settings[i].key);
        write_object(&w);
        write_key(&w, "value");
        write_text(&w, origin->text);
        write_key(&w, "source");
        write_text(&w, origin->source);
        write_key(&w, "doc");
        write_text(&w, config_settings[i].doc);
        write_end_object(&w);
    }
    write_end_object(&w);
    puts(writer_text(&w));
}

static void print_lines(Call *call)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const ConfigOrigin *origin = &call->config->origins[i];
        printf("# %s\n", config_settings[i].doc);
        if (origin->text != NULL)
            printf("%s=%s  # %s\n\n", config_settings[i].key, origin->text, origin->source);
        else
            printf("# %s is not set\n\n", config_settings[i].key);
    }
}

int run_config(Call *call)
{
    bool as_json = call_take_flag(call, "--json");

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (as_json)
        print_json(call);
    else
        print_lines(call);
    return EXIT_OK;
}
