export { EventBus, type EventQuery } from './event-bus.ts';
export { EVENT_FILTERS, hasLabel, matchesEvent } from './event-filter.ts';
