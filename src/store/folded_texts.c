#include "store/folded_texts.h"

#include <string.h>

#include "base/fold.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"

struct FoldedText {
    FoldedText *next;
    const char *text;
    const char *folded;
};

static bool is_ascii(const char *text)
{
    unsigned char any = 0;

    for (; *text != '\0'; text++)
        any |= (unsigned char)*text;
    return any < 0x80;
}

static size_t slot_of(const FoldedTexts *texts, const char *text)
{
    return (size_t)(hash_text(texts->seed, text) >> 32) % FOLDED_SLOTS;
}

static const FoldedText *find(const FoldedTexts *texts, const char *text)
{
    const FoldedText *known = texts->slots[slot_of(texts, text)];

    while (known != NULL && !text_equal(known->text, text))
        known = known->next;
    return known;
}

void folded_texts_remember(FoldedTexts *texts, const char *text, const char *folded)
{
    if (texts->seed == 0)
        random_bytes(&texts->seed, sizeof(texts->seed));
    FoldedText **slot = &texts->slots[slot_of(texts, text)];
    FoldedText *known = ARENA_NEW(texts->arena, FoldedText);

    *known = (FoldedText){ .next = *slot, .text = text, .folded = folded };
    *slot = known;
}

void folded_texts_prepare(FoldedTexts *texts, const char *text)
{
    if (!is_ascii(text) && find(texts, text) == NULL)
        folded_texts_remember(texts, text, fold_text(texts->arena, text));
}

size_t folded_texts_cost(const FoldedTexts *texts, const char *text)
{
    return is_ascii(text) || find(texts, text) != NULL ? 0 : strlen(text);
}

const char *folded_texts_get(FoldedTexts *texts, const char *text)
{
    const FoldedText *known = is_ascii(text) ? NULL : find(texts, text);

    if (known != NULL)
        return known->folded;
    if (!is_ascii(text))
        texts->folded_bytes += strlen(text);
    return fold_text(texts->arena, text);
}
