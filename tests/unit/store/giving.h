/* Giving - people who share events with each other, on a bench. */
#pragma once

#include "bench.h"
#include "calendar/event.h"

/* To the newest schema. */
void giving_start(Bench *bench);

/* The first one has the id 1. */
void giving_add_person(Bench *bench, const char *name);

/* An event of person 1, which person 2 has from him. */
Event giving_share_event(Bench *bench, int64_t id);
