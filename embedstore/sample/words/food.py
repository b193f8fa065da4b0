"""What brands that sell food talk about."""

KETTLEWICK = """
@product
Night Owl Espresso :: Dark without the bite, built for the late shift. :: Cocoa, molasses, and a finish that hangs around longer than your last houseguest.
Bramble Cold Brew :: Blackberries from down the road, sixteen hours in the tank, zero sugar. :: Tastes like August in a glass.
Maple Smoke Latte :: Sweet without the syrup, smoky without the campfire. :: Real maple, real cream, one very long line last weekend.
Harvest Moon Roast :: Baked apple, walnut, and the first cold morning of the year. :: Back for {few} weeks only.
Slow Sunday Decaf :: All of the flavor, none of the 2 a.m. ceiling. :: Water-process decaf that nobody at the table could tell apart.
the Cardamom Oat Flat White :: Warm spice, cool heads, no dairy. :: {first} invented it on a slow Tuesday and it never left.
the Lighthouse Blend :: Plum, toffee, and a long clean finish. :: Grown by {dozens} families in Huila and roasted for filter.
@benefit
Roasted in small batches and poured the same week.
Best enjoyed before anybody asks you a question.
@goods
whole beans | brewing gear | bagged coffee and mugs | pour-over kits
@makers
baristas | roasters | cuppers | early-shift baristas
@fans
regulars | early birds | espresso people | coffee lovers
@role
a barista trainer | a roastery shift lead | a green-coffee buyer | a café manager
a quality taster | an equipment technician
@place
the roastery | our {city} café | the tasting lab | the drive-through on Fifth
@tip
Rinse your paper filter first. Thirty seconds, no more cardboard taste.
If your espresso runs sour, grind finer. If it runs bitter, go coarser. One change at a time.
Store beans in something airtight and dark. The freezer is for peas.
Cold brew ratio worth remembering: one part coffee, eight parts water, sixteen hours.
Weigh your coffee once and you'll never go back to scoops. 15 g in, 250 g of water.
Off the boil, wait half a minute, then pour. Scorched grounds can't be rescued.
Steam milk to the point where the jug is just too hot to hold. That's your latte.
@scene
5 a.m. at the roastery and {first} is already three batches in.
Our tasters slurp about {hundreds} cups a week so that one of them ends up on the menu.
Every sack that comes through the door gets a number, a story and a very critical sniff.
{first} has pulled roughly {thousands} shots behind that bar and still says the next one will be better.
Before the doors open: chairs down, grinders dialed in, playlist argued over.
The drum roaster is from 1962. We have tried newer ones. We always come back.
@story
{first} has ordered the same flat white every weekday for {years} years. Today it was on us.
{first} and {second} met in the queue at our {city} café. Yesterday they came back with a ring.
{first} wrote a whole novel at table six. We just got the first copy.
{first} drives {miles} miles every Saturday for a bag of beans. We asked why. "It's also for the chat."
Night-shift nurse {first} says our 5 a.m. opening is the best part of going home.
@green
Every cup we hand over from today is made of plant fiber, lid included.
Our grounds now heat {dozens} homes in {city} instead of filling a landfill.
Bring your own mug and the second shot is free, because the greenest cup is the one you own.
We've paid farmers to plant {thousands} shade trees above their coffee this year.
The {city} roastery has run on solar power for a full year.
@fault
some mobile orders aren't reaching the café | the loyalty app is showing zero stamps
gift cards can't be used at the till right now | the order-ahead menu is timing out
@cause
{hundreds} hot breakfasts for schoolchildren in {city}
clean-water pumps in {few} coffee-growing villages
barista courses for {dozens} young people leaving care
@event
the Kettlewick Latte Art Open | our free cupping night in {city} | Roastery Open Day
the {season} brewing workshop
@ask
Oat, dairy, or black and unbothered?
What's the correct number of coffees before noon?
First sip of the day: at home, on the train or at your desk?
If we brought back one drink, which should it be?
Iced coffee in winter: yes or absolutely yes?
@metric
same-café sales grew {pct}% | subscriptions passed {thousands} households
we opened {dozens} new cafés | average wait at the counter fell by {pct}%
@tag
#KettlewickMornings | #SlowSips | #BrewedBetter | #Coffee | #CoffeeTime
@emoji
☕ | 🤎 | ☕️✨ | 😴➡️☕
"""

LOAFMOOR = """
@product
the Long Weekend Sourdough :: Thirty-six hours of proving, one very good crust. :: Keeps until Thursday, if you let it.
the Seeded Miller's Loaf :: Five seeds, one loaf, no crumbs left. :: Toasts like a dream and stands up to soup.
the Honey Rye Boule :: Dark, chewy and just sweet enough for cheese. :: Honey from hives {few} miles away.
the Cinnamon Knot :: Sticky on the outside, soft in the middle, gone by nine. :: Butter, brown sugar, and no regrets.
the Rosemary Sea Salt Focaccia :: Olive oil pools, crunchy corners, picked rosemary. :: Fight over the corners. Everyone does.
the Olive Ladder :: Made for tearing, sharing and dipping. :: Two kinds of olives and a very hot stone.
@benefit
Flour, water, salt, time. That's the whole list.
Milled {miles} miles from the oven it was baked in.
Crackles when you squeeze it. We've checked. Repeatedly.
@goods
loaves and rolls | breakfast pastries | bake-at-home bread | celebration cakes
@makers
bakers | millers | pastry chefs | night bakers
@fans
neighbors | crust lovers | Saturday regulars | sandwich makers
@role
a night baker | a pastry chef | an apprentice miller | a delivery driver
a bakery manager | a food-safety lead
@place
the bakehouse | our {city} bakery | the old mill | the bread counter
@tip
Stale loaf? Run it under the tap for two seconds, then ten minutes in a hot oven. Good as new.
Don't slice bread hot. The crumb is still setting. We know it's hard.
A heavy lidded pot is the cheapest steam oven you'll ever own.
Feed your starter the night before and it'll be ready when you are.
Wet hands, not floured hands, for sticky dough. Game changer.
Freeze your loaf sliced, toast from frozen, waste nothing.
@scene
While {city} sleeps, {first} shapes {hundreds} loaves by hand.
The oven door opens at 4:10 every morning. The smell reaches the bus stop by 4:15.
Our starter is {years} years old, lives in a bucket and answers to Gerald.
{first} can tell by the knock whether a loaf is done. So can the rest of us, but slower.
Flour on the floor, radio on low, first batch out. Good morning.
Stone number two gets dressed by hand twice a year. It takes {first} a whole day.
@story
{first}, 92, has bought a small rye from us every Friday since we opened.
{man} proposed with a loaf that said YES? on the crust. She said yes.
{first} sent us a photo of a sandwich so good that we printed it and hung it up.
Third-grader {first} came in with exact change and a list written by Grandma. We gave them a cookie for the walk home.
{first} started baking with one of our classes. Now {first} runs a bakery in {city}.
@green
Yesterday's bread becomes today's beer. {dozens} pounds a day no longer go to waste.
All our wheat now comes from farms that plant cover crops to keep carbon in the soil.
We swapped gas ovens for electric ones at {few} more bakeries this {season}.
Paper bags only from now on. Your bread breathes better anyway.
Unsold loaves reach {dozens} shelters before breakfast, every single day.
@fault
our card readers are down at several counters | online cake orders aren't going through
the {city} bakery has no hot ovens this morning | today's deliveries are running two hours late
@cause
{thousands} loaves for the {city} food bank
baking classes in {dozens} primary schools
a new kitchen for the {city} community center
@event
Real Bread Saturday | our sourdough class in {city} | the Mill Open Day
the Great Loafmoor Bun Race
@ask
Crust or crumb? There is a right answer.
What goes on toast first thing in the morning at your place?
Butter to the edges or a polite square in the middle?
Which loaf should we bake for the {season} special?
Sandwich cut: triangles or rectangles?
@metric
wholesale orders rose {pct}% | we baked {thousands} loaves a day
food waste fell by {pct}% | online pre-orders doubled
@tag
#RealBread | #FreshFromTheOven | #Loafmoor | #Sourdough | #BakedToday
@emoji
🍞 | 🥖 | 😋 | 🥐✨
"""

BRIGHTMERE = """
@product
the Brightmere Family Supper :: Dinner for four, under $15, and nobody has to peel anything. :: Hot in twenty minutes, eaten in ten.
the Simply Bright organic range :: Organic shouldn't cost a fortune. Now it doesn't. :: {dozens} organic basics at everyday prices.
the Fifteen Minute Dinner box :: Everything measured, washed and chopped. You just stir. :: Ready when the school run isn't.
the Little Bright lunch kit :: Fruit, crunch, protein, and a joke inside the lid. :: Packed lunches, sorted until Friday.
our {season} bakery range :: Baked in store from 4 a.m. every day. :: Our bakers have outdone themselves.
Brightmere Gold olive oil :: Cold-pressed from one grove and lovely on tomatoes. :: Peppery, green, and half the price of the fancy one.
@benefit
Same price in every store, all {season} long.
Big on flavor, easy on the weekly budget.
Made with short ingredient lists you can read out loud.
@goods
fresh fruit and vegetables | school-lunch favorites | pantry staples | barbecue essentials
holiday baking ingredients
@makers
store teams | associates | bakers | produce buyers | shelf stackers
@fans
shoppers | families | weekly-shop heroes | neighbors
@role
an assistant store manager | a produce buyer | a pharmacy technician | an online-order picker
a warehouse associate | a meat-counter lead
@place
our {city} store | the produce aisle | the distribution center | the bakery counter
@tip
Keep herbs in a glass of water like flowers and they'll last twice as long.
Shop your freezer first. Most of us already own three dinners.
Bananas next to avocados if you need them ripe by tomorrow. Apart if you don't.
Roast two trays of vegetables on Sunday and weeknight dinners make themselves.
Frozen berries are picked ripe, cost less, and make better smoothies.
Write the meal plan before the list, not the other way round.
@scene
4 a.m. at the {city} distribution center: {hundreds} pallets of strawberries are heading your way.
{first} has looked after the produce aisle for {years} years and can spot a ripe melon by sound.
Our {city} night-fill crew restocks {thousands} items before you've had breakfast.
A day with {first}, who decides which apples make it into our stores.
Pumpkins in, sunscreen out. The seasonal aisle changes over in one very busy night.
@story
{woman} forgot a purse at the register. Three shoppers behind her paid before she could turn round.
{first} has worked the same checkout for {years} years. Today the whole store sang happy birthday.
When {first}'s power went out, our {city} store kept the insulin cold overnight.
{first} feeds a family of six on $110 a week and sent us the spreadsheet. We're in awe.
Our shopper {woman} turned 100 this week. We brought the cake to her.
@green
We've taken {thousands} pounds of plastic out of our fruit and vegetable packaging this year.
Food that can't be sold now goes to {hundreds} local food banks within a day.
Our {city} store now runs its fridges on solar power.
Refill stations for rice, pasta and coffee are open in {dozens} more stores.
We're switching our home-delivery vans to electric, starting in {city}.
@fault
our checkout systems are slow this morning | click-and-collect slots aren't loading
the loyalty card isn't scanning in the app | our {city} store had to close early due to a power cut
@cause
{thousands} meals for families in {city}
fresh fruit in {hundreds} school lunch programs
{dozens} community fridges across the state
@event
the Brightmere Summer Food Fair | our free cooking class in {city} | Community Day at {place}
the Fall Harvest Tasting
@ask
What's for dinner tonight?
Which snack disappears first in your house?
Do you shop with a list or with hope?
What's the one thing on your holiday table that can't be missing?
Sweet potatoes: with marshmallows or without?
@metric
comparable sales rose {pct}% | online grocery orders grew {pct}%
we cut prices on {hundreds} everyday items | membership passed {hundreds} thousand households
@tag
#BrightmereKitchen | #DinnerSolved | #FreshAtBrightmere | #MealPrep | #ShopLocal
@emoji
🛒 | 🥕 | 🍓 | 🧺
"""

TAILWHISTLE = """
@product
the Wander Bowl :: Folds flat, clips to a leash, holds a good long drink. :: For walks that go further than planned.
the Muddy Paws Shampoo Bar :: One bar, {dozens} baths, no plastic bottle. :: Oatmeal and aloe, gentle on itchy skin.
Tailwhistle Grain-Free Salmon :: No fillers, no funny business, lots of tail. :: Wild salmon first on the list, because it's first in the bag.
the Nap Captain bed :: Memory foam for old hips, washable cover for everything else. :: Big enough for a husky, loved by one very small cat.
Salmon Crunch :: Three calories each, so go on, one more. :: Sniff-approved, gone in eleven seconds.
the Tug-o-Rope XL :: Tough enough for a Labrador. We asked a Labrador. :: Hemp and cotton, and it goes in the wash.
the Senior Steps supper :: Extra glucosamine, softer bites, same joy at dinner time. :: For gray muzzles and young hearts.
@benefit
Tested by {dozens} very good boys and one unimpressed cat.
Vet-approved and made in small batches.
@goods
treats and toys | cat litter and scratchers | puppy food | beds and blankets
@makers
groomers | vets | nutritionists | shelter volunteers
@fans
pet parents | dog people | cat servants | rescuers
@role
a veterinary nutritionist | a grooming salon lead | a pet-adoption coordinator | a taste-test scientist
a warehouse team member
@place
our {city} grooming salon | the test kitchen | the adoption corner | the {city} shelter
@tip
Wipe paws with a damp cloth after winter walks. Road salt stings.
Grapes, onions, chocolate: never. Not even the tiny corner.
Puppies need about 18 hours of sleep a day. Honestly, same.
Put your cat's water far away from the food bowl. They'll drink more.
Brush before the bath, not after. Mats shrink when wet.
New food? Mix it in over seven days and save the carpet.
@scene
The official taste panel met today. Biscuit voted yes. Biscuit always votes yes.
Dr. {first} checks every recipe twice, then checks it again while being stared at by a beagle.
Photo day at the test kitchen took nine hours, {dozens} treats and one lint roller.
Behind every bag there's a kitchen, a scale and a dog under the table.
{first} fosters kittens between meetings. Productivity is down. Morale is not.
@story
{pet} waited {hundreds} days at the {city} shelter. Last night {pet} fell asleep on {first}'s couch.
{pet} lost a leg and none of the attitude. Here's {pet}'s first run on the beach.
{first} wrote that {pet}, 14, is chasing the ball again. We're not crying.
{pet} the cat has learned to ring our subscription box like a doorbell.
{first} adopted the oldest dog in the shelter because somebody should. Meet {pet}.
@green
Our bags are now fully recyclable, including the crinkle.
Insect protein: a tenth of the land, all of the wag. Now in {few} recipes.
We've cut the water we use for each can by {pct}%.
Litter made from recycled paper keeps {thousands} pounds out of landfill each month.
@fault
subscription boxes are leaving a day late | the store finder can't see our {city} shop
grooming bookings aren't being confirmed by email
@cause
{hundreds} shelter kennels in {city}
vaccinations for {thousands} rescue animals
{dozens} therapy-dog visits to children's wards
@event
Adoption Weekend | the Tailwhistle Charity Dog Walk in {city} | Puppy Social Saturday
the Golden Whisker Awards
@ask
Who rescued who? Show us your pet.
Does your dog have a bed, or do you have a spot on the dog's bed?
What's the strangest thing your cat has knocked off a table?
Wrong answers only: what is your dog thinking right now?
What nickname does your pet actually answer to?
@metric
adoptions through our stores rose {pct}% | autoship members grew {pct}%
we opened {dozens} new grooming salons | wet food outsold dry for the first time
@tag
#TailsUp | #AdoptDontShop | #DogsOfTailwhistle | #CatsOfTwitter | #RescueDog
@emoji
🐶 | 🐾 | 🐱 | ❤️🐕
"""
